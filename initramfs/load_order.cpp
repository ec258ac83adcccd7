// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/load_order.h"

#include "base/spelling.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace kdumpkit::initramfs {
namespace {

class Planner {
  public:
    explicit Planner(ModuleCatalog& catalog) : catalog_(catalog) {}

    Result<> request(const ModuleRequest& request) {
        KDK_ASSIGN(const ModuleLookup found, catalog_.look_up(request.name));
        if (found.built_in) {
            if (std::ranges::find(plan_.built_in, request.name) == plan_.built_in.end())
                plan_.built_in.push_back(request.name);
        } else if (found.names.empty() && request.required)
            return absent(request.name, request.why);
        else if (found.names.empty())
            plan_.warnings.push_back(fmt::format("kernel {} has no module {} ({})", catalog_.release(),
                                                 request.name, request.why));
        for (const std::string& name : found.names)
            KDK_TRY(visit(name));
        return {};
    }

    LoadOrder finish() { return std::move(plan_); }

  private:
    // Depth is bounded by the number of modules: each is entered once. Softdeps may form circles.
    Result<> visit(const std::string& name) {
        if (!entered_.insert(name).second)
            return {};
        KDK_ASSIGN(const ModuleInfo info, catalog_.info(name));
        for (const std::string& soft : info.pre)
            KDK_TRY(request({soft, fmt::format("{} would like it before itself", name), false}));
        for (const std::string& dependency : info.depends)
            KDK_TRY(request({dependency, fmt::format("{} depends on it", name), true}));
        plan_.names.push_back(name);
        for (const std::string& soft : info.post)
            KDK_TRY(request({soft, fmt::format("{} would like it after itself", name), false}));
        return {};
    }

    [[nodiscard]] Failure absent(const std::string& name, const std::string& why) const {
        const auto near = nearest_names(name, catalog_.names());
        Error error =
            make_error(ErrorKind::absent, "find the module", name,
                       fmt::format("kernel {} has none of that name ({})", catalog_.release(), why));
        if (!near.empty())
            error.next_step = fmt::format("did you mean {}?", fmt::join(near, ", "));
        else
            error.next_step =
                "install the package with this kernel's modules completely, or name another module";
        return fail(std::move(error));
    }

    ModuleCatalog& catalog_;
    LoadOrder plan_;
    std::set<std::string> entered_;
};

} // namespace

std::vector<std::string> nearest_names(const std::string& wanted, const std::vector<std::string>& names) {
    const std::string normal = module_name(wanted);
    std::vector<std::pair<std::size_t, std::string>> ranked;
    for (const std::string& name : names) {
        const std::size_t distance = edit_distance(normal, name);
        const bool inside =
            normal.size() >= 3 && (name.find(normal) != std::string::npos || normal.find(name) == 0);
        if (distance <= std::max<std::size_t>(1, normal.size() / 3) || inside)
            ranked.emplace_back(distance, name);
    }
    std::sort(ranked.begin(), ranked.end());
    std::vector<std::string> nearest;
    for (std::size_t i = 0; i < ranked.size() && i < 5; ++i)
        nearest.push_back(ranked[i].second);
    return nearest;
}

Result<LoadOrder> load_order(ModuleCatalog& catalog, const std::vector<ModuleRequest>& requests) {
    Planner planner(catalog);
    for (const ModuleRequest& request : requests)
        KDK_TRY(planner.request(request));
    return planner.finish();
}

} // namespace kdumpkit::initramfs
