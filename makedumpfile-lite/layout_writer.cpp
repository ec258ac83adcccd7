// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile-lite/layout_writer.h"

#include "base/bytes.h"
#include "base/file.h"
#include "makedumpfile-lite/kernel/btf_finder.h"
#include "makedumpfile-lite/kernel/data.h"
#include "makedumpfile-lite/kernel/layout.h"
#include "makedumpfile-lite/kernel/layout_file.h"
#include "makedumpfile-lite/kernel/running_kernel.h"
#include "makedumpfile-lite/kernel/vmcoreinfo_text.h"
#include "makedumpfile-lite/kernel/vmlinux.h"
#include "makedumpfile-lite/source/image.h"

#include <utility>

#include <unistd.h>

namespace kdumpkit::dump {

namespace {

std::vector<std::string_view> symbols_to_read() {
    std::vector<std::string_view> names = useful_symbols();
    names.emplace_back("_stext");
    return names;
}

auto open_vmlinux(const std::string& path) {
    return Vmlinux::open(path).map_error([](Error error) {
        return error.next_step.empty()
                   ? std::move(error).then("name the vmlinux of the kernel's debug package")
                   : error;
    });
}

// A file that knows nothing of struct page would be found out after the panic. `hint`: how symbols may be
// seen.
Result<std::string> text_of(const KernelIdentity& identity, const TypeSource& types, const Symbols& symbols,
                            const Log& log, std::string_view hint = {}) {
    if (identity.release.empty())
        return fail(make_error(ErrorKind::absent, "write the layout of", "the kernel",
                               "it does not tell its release, so that the file could be used with any"));
    const VmcoreInfo nothing = VmcoreInfo::parse("");
    Facts facts(nothing);
    facts.use_types(FactSource::btf, &types);
    facts.use_symbols(FactSource::btf, symbols);
    std::string text = write_layout(identity, facts);
    if (!facts.offset("page", "flags") || !facts.size("zone"))
        return fail(make_error(ErrorKind::absent, "write the layout of", "kernel " + identity.release,
                               "its types lack struct page or struct zone"));
    if (!facts.symbol("_stext"))
        log.warning("the kernel's symbols are not to be seen: the layout has none, and free pages on per-CPU "
                    "lists may be kept{}",
                    hint);
    return text;
}

Result<std::string> layout_of_image(const std::string& path, const Log& log) {
    KDK_ASSIGN(const auto image, open_image(path));
    KDK_ASSIGN(const auto kernel, Kernel::open(*image, log, Kernel::Depth::log));
    const Kernel::Data& data = kernel->data();
    VirtualMemory memory(*image, data.table);
    Symbols symbols;
    if (auto found = find_symbols(memory, data.info, symbols_to_read()))
        symbols = std::move(*found);
    KDK_ASSIGN(const Btf btf, find_btf(memory, data.info, symbols));
    const auto build_id = data.info.text("BUILD-ID");
    return text_of({kernel->utsname().release, std::string(build_id.value_or(""))}, btf, symbols, log);
}

Result<> write_text(const std::string& path, const std::string& text) {
    if (path == "-")
        return write_all(STDOUT_FILENO, as_bytes(text), "standard output");
    return write_file_atomically(path, text).map_error([](Error error) {
        return std::move(error).from(ErrorSide::destination);
    });
}

} // namespace

Result<> write_layout_file(const Options& options, const Log& log) {
    if (!options.source.empty()) {
        KDK_ASSIGN(const std::string text, layout_of_image(options.source, log));
        return write_text(options.output, text);
    }
    if (!options.vmlinux.empty()) {
        KDK_ASSIGN(const auto vmlinux, open_vmlinux(options.vmlinux));
        KDK_ASSIGN(const std::string text,
                   text_of(vmlinux->identity(), vmlinux->types(), vmlinux->symbols(symbols_to_read()), log));
        return write_text(options.output, text);
    }
    KDK_ASSIGN(const RunningKernel kernel, read_running_kernel(symbols_to_read()));
    KDK_ASSIGN(const std::string text,
               text_of(kernel.identity, kernel.btf, kernel.symbols, log, " (run this as root)"));
    return write_text(options.output, text);
}

Result<> write_vmcoreinfo_file(const Options& options, const Log&) {
    KDK_ASSIGN(const auto vmlinux, open_vmlinux(options.vmlinux));
    return write_text(options.output, vmcoreinfo_text(vmlinux->identity(), vmlinux->types(),
                                                      vmlinux->symbols(vmcoreinfo_symbols())));
}

} // namespace kdumpkit::dump
