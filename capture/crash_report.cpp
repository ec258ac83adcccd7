// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/crash_report.h"

#include "base/bytes.h"
#include "capture/log_line.h"

#include <algorithm>
#include <array>

namespace kdumpkit::capture {
namespace {

constexpr std::string_view blanks = " \t";

bool any_within(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

bool any_begins(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return text.starts_with(word); });
}

bool is_hardware_error(std::string_view text) {
    return any_within(text, {"[Hardware Error]", "Machine Check Exception"}) ||
           any_begins(text, {"Memory failure: ", "Uhhuh. NMI received", "NMI: PCI system error",
                             "NMI: IOCK error"}) ||
           (text.starts_with("EDAC ") && any_within(text, {" CE ", " UE "})) ||
           (text.find("PCIe Bus Error: severity=Uncorrect") != std::string_view::npos);
}

bool is_hung_task(std::string_view text) {
    return text.starts_with("INFO: task ") && text.find(" blocked for more than ") != std::string_view::npos;
}

bool is_lockup(std::string_view text) {
    return any_within(text, {"BUG: soft lockup - CPU#", "hard LOCKUP on cpu", "self-detected stall on CPU",
                             "detected stalls on CPUs/tasks", "detected expedited stalls",
                             "BUG: workqueue lockup"});
}

// The next word, which `rest` then begins after; empty at the end.
std::string_view next_word(std::string_view& rest) {
    rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
    const std::string_view word = rest.substr(0, rest.find_first_of(blanks));
    rest.remove_prefix(word.size());
    return word;
}

std::optional<std::string_view> after(std::string_view text, std::string_view label) {
    const auto at = text.find(label);
    return at == std::string_view::npos ? std::nullopt : std::optional(text.substr(at + label.size()));
}

// A name may hold blanks ("Comm: my thread Not tainted"): it ends where the taint begins.
std::size_t taint_at(std::string_view text) {
    return std::min(text.find(" Not tainted"), text.find(" Tainted: "));
}

std::optional<CrashTask> parse_task(std::string_view text) {
    if (!text.starts_with("CPU: "))
        return std::nullopt;
    std::string_view cpu_text = text.substr(5);
    const auto cpu = parse_number(next_word(cpu_text), 10);
    auto pid_text = after(text, " PID: ");
    const auto comm = after(text, " Comm: ");
    if (!cpu || *cpu > 1'000'000 || !pid_text || !comm)
        return std::nullopt;
    const auto pid = parse_number(next_word(*pid_text), 10);
    if (!pid)
        return std::nullopt;
    return CrashTask{static_cast<unsigned>(*cpu), *pid, std::string(comm->substr(0, taint_at(*comm)))};
}

// "Tainted: G        W  OE      6.1.0-56 #1": letters and blanks up to the release, which begins with a
// digit.
std::optional<std::string> parse_taint(std::string_view text) {
    if (text.find("Not tainted") != std::string_view::npos)
        return std::string();
    auto rest = after(text, "Tainted: ");
    if (!rest)
        return std::nullopt;
    std::string letters;
    for (std::string_view word = next_word(*rest); !word.empty(); word = next_word(*rest)) {
        if (word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string_view::npos)
            break;
        letters += word;
    }
    return letters;
}

// "symbol+0x1a/0x30 [module]"; nullopt for anything else.
std::optional<std::string_view> as_frame(std::string_view text) {
    const auto plus = text.find("+0x");
    const auto slash = text.find("/0x", plus == std::string_view::npos ? 0 : plus);
    if (plus == std::string_view::npos || plus == 0 || slash == std::string_view::npos ||
        text.substr(0, plus).find_first_of(" :\"") != std::string_view::npos)
        return std::nullopt;
    return text;
}

// "RIP: 0010:symbol+0x1/0x2" (x86), "pc : symbol+0x1/0x2" (arm64), "epc : …" (riscv).
std::optional<std::string_view> parse_instruction(std::string_view text) {
    auto rest = text.starts_with("RIP: 0010:")          ? std::optional(text.substr(10))
                : any_begins(text, {"pc : ", "epc : "}) ? after(text, ": ")
                                                        : std::nullopt;
    return rest ? as_frame(rest->substr(0, rest->find(' '))) : std::nullopt;
}

bool is_module_name(std::string_view word) {
    const auto flags = word.find('(');
    if (flags != std::string_view::npos && !word.ends_with(')'))
        return false;
    const std::string_view name = word.substr(0, flags);
    return !name.empty() &&
           name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
               std::string_view::npos;
}

// Adds the modules of a line of the list; false when it is no such line. `[last unloaded: …]` ends it.
bool add_modules(std::string_view text, std::vector<std::string>& modules) {
    text = text.substr(0, text.find("[last unloaded"));
    std::string_view check = text;
    for (auto word = next_word(check); !word.empty(); word = next_word(check))
        if (!is_module_name(word))
            return false;
    for (auto word = next_word(text); !word.empty(); word = next_word(text))
        modules.emplace_back(word.substr(0, word.find('(')));
    return true;
}

class Reader {
  public:
    explicit Reader(std::string_view cause) : cause_(cause) {}

    void read(std::string_view text) {
        if (!cause_.empty() ? text == cause_ : text.starts_with("------------[ cut here"))
            begin_report();
        count(text);
        read_modules(text);
        read_report(text);
    }
    CrashReport finish() { return std::move(report_); }

  private:
    // An earlier report of the same words is not the one that ended it.
    void begin_report() {
        report_.task.reset();
        report_.taint.reset();
        report_.instruction.clear();
        report_.stack.clear();
        trace_ = Trace::before;
    }
    static void add(std::vector<std::string>& lines, std::string_view text) {
        if (lines.size() < report_lines_limit)
            lines.emplace_back(text);
    }
    void count(std::string_view text) {
        if (is_hardware_error(text))
            add(report_.hardware_errors, text);
        else if (is_hung_task(text))
            add(report_.hung_tasks, text);
        else if (is_lockup(text))
            add(report_.lockups, text);
    }
    void read_modules(std::string_view text) {
        constexpr std::string_view head = "Modules linked in:";
        if (text.starts_with(head)) {
            report_.modules.clear();
            listing_ = add_modules(text.substr(head.size()), report_.modules) && text.size() > 900;
        } else if (listing_) // a long list goes on in another record
            listing_ = add_modules(text, report_.modules);
    }
    void read_report(std::string_view text) {
        if (!report_.task)
            report_.task = parse_task(text);
        if (!report_.taint && (report_.task || is_hung_detail(text)))
            report_.taint = parse_taint(text);
        if (report_.instruction.empty())
            if (const auto place = parse_instruction(text))
                report_.instruction = *place;
        read_trace(text);
    }
    // "      Not tainted 6.1.0 #1" below a hung task has no "CPU:" in front.
    static bool is_hung_detail(std::string_view text) {
        return any_begins(text, {"Not tainted ", "Tainted: "});
    }
    void read_trace(std::string_view text) {
        if (trace_ == Trace::before && any_begins(text, {"Call Trace:", "Call trace:"})) {
            trace_ = Trace::inside;
        } else if (trace_ == Trace::inside) {
            const bool guess = text.starts_with("? ");
            const auto frame = guess ? std::nullopt : as_frame(text);
            // "<TASK>", "</IRQ>": where one stack goes over into another.
            if (frame)
                add(report_.stack, *frame);
            else if (!guess && !text.starts_with('<'))
                trace_ = Trace::after;
        }
    }

    enum class Trace { before, inside, after };
    std::string_view cause_;
    CrashReport report_;
    Trace trace_ = Trace::before;
    bool listing_ = false;
};

} // namespace

CrashReport read_crash_report(std::string_view dmesg, std::string_view cause) {
    Reader reader(cause);
    while (!dmesg.empty()) {
        const auto end = dmesg.find('\n');
        reader.read(parse_log_line(dmesg.substr(0, end)).text);
        dmesg.remove_prefix(end == std::string_view::npos ? dmesg.size() : end + 1);
    }
    return reader.finish();
}

} // namespace kdumpkit::capture
