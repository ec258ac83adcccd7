// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/send/probe.h"

#include "base/bytes.h"
#include "base/json.h"
#include "base/output.h"
#include "capture/send/store.h"

#include <array>

#include <fmt/format.h>
#include <unistd.h>

namespace kdumpkit::send {
namespace {

// A few bytes that are an input.
class TextInput final : public Input {
  public:
    explicit TextInput(std::string text) : text_(std::move(text)) {}
    Result<Got> read(std::uint64_t offset, std::span<std::byte> out) override {
        const Bytes rest =
            as_bytes(text_).subspan(static_cast<std::size_t>(std::min<std::uint64_t>(offset, text_.size())));
        const std::size_t count = std::min(rest.size(), out.size());
        std::copy_n(rest.begin(), count, out.begin());
        return Got{count, count == 0};
    }
    [[nodiscard]] std::uint64_t oldest() const override { return 0; }
    [[nodiscard]] std::uint64_t seen() const override { return text_.size(); }
    [[nodiscard]] std::optional<std::uint64_t> size() const override { return text_.size(); }
    [[nodiscard]] int wait_for() const override { return -1; }

  private:
    std::string text_;
};

std::string own_name() {
    std::array<char, 65> host{};
    (void)::gethostname(host.data(), host.size() - 1);
    return fmt::format(".kdump-send-probe-{}-{}", host.data(), ::getpid());
}

} // namespace

Result<int> probe(const Login& login, const Options& options, const Log& log) {
    nlohmann::ordered_json json;
    json["target"] = options.url;
    Session session(login, options.limits, [](std::uint64_t) {});
    const Means means{session, log, options.retries, false};
    const auto store = open_store(means);
    const std::string name = own_name();
    TextInput input("kdump-send was here\n");
    Stored stored;
    const auto put = store->put(input, name, stored);
    json["reachable"] = put || put.error().verdict != Verdict::again;
    json["writable"] = put.has_value();
    auto removed = put ? store->remove(name) : Outcome<>();
    json["removable"] = put && removed;
    const Trouble* trouble = !put ? &put.error() : !removed ? &removed.error() : nullptr;
    if (!put)
        log.error("{}", put.error().error.message());
    else if (!removed)
        // Nothing that a dump needs.
        log.warning("{} was stored but cannot be removed: {}", stored.where, removed.error().error.reason);
    else
        log.info("{} takes dumps: a small file was stored there and removed", options.url);
    json["reason"] = trouble ? or_null(trouble->error.reason) : or_null(std::string());
    if (options.json)
        KDK_TRY(print_result(json_text(json)));
    return put ? exit_codes::success : exit_code_of(put.error());
}

} // namespace kdumpkit::send
