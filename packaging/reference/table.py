# SPDX-License-Identifier: GPL-2.0-or-later
"""What a program says of itself: options and subcommands as a table, from `kdumpkit --reference` (JSON) or from the
text of another program's --help."""
import dataclasses
import json
import re
import subprocess

# In a text of --help: names in column 2, what they mean in column 25 of the same line or the next.
ENTRY = re.compile(r"^  (?P<head>\S(?: ?\S)*(?:  ?-\w)*)(?:  +(?P<text>\S.*))?$")
NAME = re.compile(r"(?<!\S)--?[A-Za-z][A-Za-z-]*")


@dataclasses.dataclass
class Option:
    names: list  # "-h", "--help"; empty for a positional
    text: str
    value: str = ""  # what its value is called: FILE, DIR, TEXT; empty for a flag
    positional: str = ""
    required: bool = False
    default: str = ""
    choices: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Command:
    name: str
    text: str
    footer: str = ""
    options: list = dataclasses.field(default_factory=list)
    commands: list = dataclasses.field(default_factory=list)

    def positionals(self):
        return [option for option in self.options if option.positional]

    def flags(self):
        return [option for option in self.options if option.names]


def choices_of(text):
    """The words of "auto, kexec_load or kexec_file_load", if a text is or begins with such a list."""
    listed = re.match(r"([a-z][\w.-]*(?:, [a-z\d][\w.-]*)+,? or [a-z][\w-]*) ?(?:$|[;:(])", text)
    return re.split(r",? or |, ", listed.group(1)) if listed else []


def from_json(entry):
    options = [Option(one["names"], one["text"], (one["type"] or "VALUE") if one["takes_value"] else "",
                      one["positional"] if one["positional"] and not one["names"] else "", one["required"],
                      one["default"], (one["choices"] or choices_of(one["text"])) if one["takes_value"] else [])
               for one in entry["options"]]
    return Command(entry["name"], entry["text"], entry["footer"], options,
                   [from_json(below) for below in entry["subcommands"]])


def from_help(name, text):
    """Lower-case words in column 2 are jobs that come first on the command line; they take the same options."""
    command = Command(name, re.sub(rf"^{re.escape(name)}: ", "", text.splitlines()[0]))
    last, usage = None, ""
    for line in text.splitlines():
        if line.startswith(" " * 20) and line.strip() and last:
            last.text = f"{last.text} {line.strip()}".strip()
            continue
        last = None
        if re.match(rf"(Usage:)? +{re.escape(name)} ", line):
            usage += " " + re.split(r" {3,}", line.strip().removeprefix("Usage:").strip())[0]
            continue
        entry = ENTRY.match(line)
        if entry and entry["head"].startswith("-"):
            # "-h, --help             -v, --version" are two.
            for head in (line[2:25].strip(), line[25:].strip()) if NAME.match(line[25:]) else (entry["head"],):
                rest = NAME.sub("", head).strip(" ,")
                text_here = entry["text"] if head == entry["head"] and not NAME.match(entry["text"] or "") else ""
                last = Option(NAME.findall(head), text_here or "", rest, choices=rest.split("|") if "|" in rest else [])
                command.options.append(last)
        elif entry and entry["text"] and re.fullmatch(r"[a-z-]+", entry["head"]):
            last = Command(entry["head"], entry["text"])
            command.commands.append(last)
    known = {name for option in command.options for name in option.names}
    for name, value in re.findall(r"(?<![\w-])(--?[A-Za-z][A-Za-z-]*)(?: ([A-Z][A-Z-]*))?", usage):
        if name not in known:
            known.add(name)
            command.options.append(Option([name], "", value))
    return command


def read(path):
    """The table of the program at `path`."""
    def ask(option):
        return subprocess.run([path, option], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    done = ask("--reference")
    if done.returncode == 0:
        return from_json(json.loads(done.stdout))
    done = ask("--help")
    if done.returncode != 0:
        raise RuntimeError(f"{path} --help ended with {done.returncode}: {done.stderr}")
    return from_help(path.name, done.stdout)
