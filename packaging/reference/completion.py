# SPDX-License-Identifier: GPL-2.0-or-later
"""Completions for bash, zsh and fish, of a program's table."""
import re

from table import Option

# What the shell completes for a value that is called so; others are left to the person.
FILES = {"FILE", "VMCORE", "DUMPFILE", "IMAGE", "VMLINUX", "FROZEN", "VMCOREINFO", "DEVICE"}
FOLDERS = {"DIR", "FOLDER"}
NOTICE = "# Made by packaging/reference of what {} --help says."


def all_commands(command, path=()):
    """(words that lead to it, command), the program itself first."""
    yield path, command
    for below in command.commands:
        yield from all_commands(below, (*path, below.name))


def values_of(option):
    """(how, words) to complete the value of an option."""
    if option.choices:
        return "words", option.choices
    return ("files", []) if option.value in FILES else ("folders", []) if option.value in FOLDERS else ("none", [])


def positional_values(command):
    """(how, words) for each positional in its order."""
    return [values_of(Option([], option.text, option.positional, choices=option.choices))
            for option in command.positionals()]


BASH_VALUE = {
    "words": "mapfile -t COMPREPLY < <(compgen -W '{words}' -- \"$current\")",
    "files": "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$current\")",
    "folders": "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- \"$current\")",
    "none": ":",
}


def bash_path(path):
    """The words that lead to a command, each with a blank in front."""
    return "".join(f" {word}" for word in path)


def bash_values(commands):
    """The case lines that complete the value of the option before."""
    patterns = {}
    for path, one in commands:
        for option in one.flags():
            if option.value:
                how, words = values_of(option)
                action = BASH_VALUE[how].format(words=" ".join(words))
                patterns.setdefault(action, []).extend(f"'{bash_path(path)} {flag}'" for flag in option.names)
    return [f"        {' | '.join(listed)}) {action}; return ;;" for action, listed in patterns.items()]


def bash(command, takes_files):
    name = re.sub(r"\W", "_", command.name)
    commands = list(all_commands(command))
    lines = [NOTICE.format(command.name), f"_{name}() {{",
             "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}",
             "    local path='' index words='' paths=''",
             "    COMPREPLY=()", "    # --option=value comes as three words.", "    if [[ $current == = ]]; then",
             "        current=''", "    elif [[ $before == = ]]; then",
             "        before=${COMP_WORDS[COMP_CWORD - 2]}", "    fi",
             "    for ((index = 1; index < COMP_CWORD; index++)); do",
             "        case \"$path ${COMP_WORDS[index]}\" in"]
    lines += [f"            '{bash_path(path)}') path='{bash_path(path)}' ;;" for path, _ in commands if path]
    lines += ["        esac", "    done", "    case \"$path $before\" in", *bash_values(commands), "    esac",
              "    case $path in"]
    for path, one in commands:
        flags = " ".join(flag for option in one.flags() for flag in option.names)
        given = positional_values(one)
        plain = " ".join([*(below.name for below in one.commands), *(word for _, words in given for word in words)])
        paths = {"files": " paths=-f", "folders": " paths=-d"}
        wanted = next((paths[how] for how, _ in given if how in paths), "")
        lines.append(f"        '{bash_path(path)}') if [[ $current == -* ]]; then words='{flags}'; "
                     f"else words='{plain}'{wanted}; fi ;;")
    lines += ["    esac", "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")",
              "    if [[ $paths ]]; then", "        compopt -o filenames 2>/dev/null",
              "        mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen \"$paths\" -- \"$current\")", "    fi"]
    if takes_files:
        lines += ["    compopt -o filenames 2>/dev/null",
                  "    [[ $current == -* ]] ||",
                  "        mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen -f -- \"$current\")"]
    return "\n".join([*lines, "}", f"complete -F _{name} {command.name}"]) + "\n"


def zsh_text(text):
    """A description inside _arguments' brackets and single quotes."""
    return re.sub(r"([\[\]:\\])", r"\\\1", text).replace("'", "'\\''").replace("\n", " ")


def zsh_action(how, words):
    return {"words": f"({' '.join(words)})", "files": "_files", "folders": "_files -/", "none": " "}[how]


def zsh_argument(option):
    action = zsh_action(*values_of(option))
    value = f":{zsh_text(option.value)}:{action}" if option.value else ""
    return [f"'*{flag}[{zsh_text(option.text)}]{value}'" for flag in option.names]


def zsh(command, takes_files):
    name = re.sub(r"\W", "_", command.name)
    lines = [f"#compdef {command.name}", NOTICE.format(command.name)]
    for path, one in all_commands(command):
        function = "_" + "_".join((name, *path)).replace("-", "_")
        specs = [spec for option in one.flags() for spec in zsh_argument(option)]
        if one.commands:
            specs += ["'1: :->command'", "'*:: :->arguments'"]
        elif takes_files:
            specs.append("'*: :_files'")
        else:
            specs += [f"'{place}: :{zsh_action(how, words)}'"
                      for place, (how, words) in enumerate(positional_values(one), 1)]
        lines += [f"{function}() {{", "    local curcontext=$curcontext state line",
                  "    _arguments -C \\", *(f"        {spec} \\" for spec in specs[:-1]),
                  f"        {specs[-1] if specs else ''}"]
        if one.commands:
            lines += ["    case $state in", "        command)", "            local -a commands=("]
            lines += [f"                '{below.name}:{zsh_text(below.text)}'" for below in one.commands]
            lines += ["            )", "            _describe command commands"]
            if takes_files:
                lines.append("            _files")
            lines += ["            ;;", "        arguments)", "            case $line[1] in"]
            for below in one.commands:
                lines.append(f"                {below.name}) {function}_{below.name.replace('-', '_')} ;;")
            lines += ["                *) _files ;;"] if takes_files else []
            lines += ["            esac", "            ;;", "    esac"]
        lines += ["}"]
    lines.append(f"_{name} \"$@\"")
    return "\n".join(lines) + "\n"


def fish_quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", " ") + "'"


def fish(command, takes_files):
    lines = [NOTICE.format(command.name)]
    if not takes_files:
        lines.append(f"complete -c {command.name} -f")
    paths = [path for path, _ in all_commands(command)]
    for path, one in all_commands(command):
        if path:
            where = "; and ".join(f"__fish_seen_subcommand_from {word}" for word in path)
            # "config show" is not "show".
            for other in sorted({longer[0] for longer in paths if len(path) == 1 and path[0] in longer[1:]}):
                where += f"; and not __fish_seen_subcommand_from {other}"
        else:
            where = "__fish_use_subcommand" if not takes_files else "true"
        below_words = " ".join(below.name for below in one.commands)
        for below in one.commands:
            condition = f"{where}; and not __fish_seen_subcommand_from {below_words}" if path else where
            lines.append(f"complete -c {command.name} -n '{condition}' -a {below.name} -d {fish_quoted(below.text)}")
        for how, words in positional_values(one):
            if how != "none":
                offer = {"words": f"-a '{' '.join(words)}'", "files": "-F",
                         "folders": "-a '(__fish_complete_directories)'"}[how]
                lines.append(f"complete -c {command.name} -n '{where}' {offer}")
        for option in one.flags():
            how, words = values_of(option)
            flags = " ".join(f"-s {flag[1:]}" if len(flag) == 2 else f"-l {flag[2:]}" for flag in option.names)
            value = {"words": f" -x -a '{' '.join(words)}'", "files": " -r -F", "none": " -x",
                     "folders": " -x -a '(__fish_complete_directories)'"}[how] if option.value else ""
            lines.append(f"complete -c {command.name} -n '{where}' {flags}{value} -d {fish_quoted(option.text)}")
    return "\n".join(lines) + "\n"
