# SPDX-License-Identifier: GPL-2.0-or-later
"""Manual pages: @SYNOPSIS@ and @OPTIONS@ of a hand-written page are filled in from a program's table; the page of the
settings is made of what `kdumpkit config explain` says."""
import json

from completion import all_commands


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    text = "".join(one if one.isascii() else f"\\[u{ord(one):04X}]" for one in text)
    return "\\&" + text if text.startswith((".", "'")) else text


def spoken_option(option):
    names = ", ".join(f"\\fB{escaped(name)}\\fR" for name in option.names)
    return names + (f" \\fI{escaped(option.value)}\\fR" if option.value else "")


def synopsis_line(program, path, command):
    words = [f"\\fB{escaped(' '.join((program, *path)))}\\fR"]
    for option in command.flags():
        if "--help" in option.names or "--version" in option.names:
            continue
        shown = f"\\fB{escaped(option.names[-1])}\\fR" + (f" \\fI{escaped(option.value)}\\fR" if option.value else "")
        words.append(shown if option.required else f"[{shown}]")
    words += [f"\\fI{escaped(one.positional)}\\fR" if one.required else f"[\\fI{escaped(one.positional)}\\fR]"
              for one in command.positionals()]
    return " ".join(words)


def synopsis(program):
    lines = [synopsis_line(program.name, path, one) for path, one in all_commands(program) if not one.commands]
    return "\n.br\n".join(lines)


def options(program):
    lines = []
    for path, one in all_commands(program):
        # Each subcommand has --help; once is enough.
        listed = [option for option in one.flags() if not path or "--help" not in option.names]
        if not listed and not one.positionals():
            continue
        lines += [f".SS {escaped(' '.join(path))}" if path else "", escaped(one.text) if path else ""]
        for option in listed:
            text = option.text + (f"; default {option.default}" if option.default else "")
            lines += [".TP", spoken_option(option), escaped(text)]
        for option in one.positionals():
            lines += [".TP", f"\\fI{escaped(option.positional)}\\fR", escaped(option.text)]
    return "\n".join(line for line in lines if line)


def fill(page, program):
    """The page with what its marks stand for."""
    return page.replace("@SYNOPSIS@\n", synopsis(program) + "\n").replace("@OPTIONS@\n", options(program) + "\n")


def settings(explained, version):
    """kdumpkit.toml(5), of `kdumpkit config explain --json` without a settings file."""
    lines = ['.\\" SPDX-License-Identifier: GPL-2.0-or-later',
             f'.TH KDUMPKIT.TOML 5 "" "kdumpkit {version}" "kdumpkit"', ".SH NAME",
             "kdumpkit.toml \\- settings of kdumpkit", ".SH SYNOPSIS", ".I /etc/kdumpkit.toml", ".SH DESCRIPTION",
             "A TOML file. Every key has a default, so it may be empty or absent.",
             ".B kdumpkit config check", "says whether it is good,", ".B kdumpkit config show", "what applies,",
             ".B kdumpkit config explain", "what a key means. After a change:", ".BR \"systemctl reload kdumpkit\" .",
             ".SH KEYS"]
    for key in json.loads(explained):
        default = json.dumps(key["default"], ensure_ascii=False)
        lines += [".TP", f"\\fB{escaped(key['key'])}\\fR", escaped(key["meaning"]), ".br",
                  f"Allowed: {escaped(key['allowed'])}. Default: {escaped(default)}."]
    return "\n".join([*lines, ".SH EXAMPLE", ".nf", 'target = "file:///var/crash"', "", "[dump]", "level = 31",
                      'compress = "zstd:3"', "", "[retention]", "count = 5", ".fi", ".SH SEE ALSO",
                      ".BR kdumpkit (8)"]) + "\n"
