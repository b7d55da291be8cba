//! Completions of shells: what clap makes of the command line, and beside it the names of the machines there are,
//! which the shell asks redd for.

use clap::{Arg, ArgAction, Command, ValueHint};
use clap_complete::Shell;

/// Verbs that something can be done with by a machine that does not run.
const FOR_ALL: [&str; 14] = [
    "boot",
    "config show",
    "copy",
    "disable",
    "edit",
    "enable",
    "logs",
    "plan boot",
    "plan run",
    "restart",
    "run",
    "show",
    "start",
    "status",
];

/// A verb that takes a machine.
struct Taker {
    /// The words that lead to it.
    path: String,
    /// The same by its other names.
    aliases: Vec<String>,
    /// How many words come before the machine.
    at: usize,
    takes: Takes,
    /// Options after which a value comes.
    valued: Vec<String>,
}

/// What is completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// One name.
    Name,
    /// Names, to the end.
    Names,
    /// A name or a path.
    Tree,
    /// Places, each a path or `NAME:PATH`.
    Places,
}

impl Takes {
    fn of(arg: &Arg) -> Option<Self> {
        let is_many = arg.get_num_args().is_some_and(|range| range.max_values() > 1)
            || matches!(arg.get_action(), ArgAction::Append);
        let name = arg.get_value_names()?.first()?.to_string();
        match name.as_str() {
            "PATH|NAME" => Some(Self::Tree),
            "SRC" | "DST" | "SOURCE" | "DESTINATION" => Some(Self::Places),
            name if name.ends_with("NAME") && is_many => Some(Self::Names),
            name if name.ends_with("NAME") => Some(Self::Name),
            _ => None,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Names => "names",
            Self::Tree => "tree",
            Self::Places => "places",
        }
    }
}

impl Taker {
    /// How `redd list` is asked.
    fn scope(&self) -> &'static str {
        if FOR_ALL.contains(&self.path.as_str()) { "" } else { "--running" }
    }

    fn patterns(&self) -> String {
        let all = [&self.path].into_iter().chain(&self.aliases);
        all.map(|path| format!("\"{path}\"")).collect::<Vec<_>>().join("|")
    }
}

/// The script for a shell.
pub(super) fn script(shell: Shell) -> String {
    let command = crate::command_line::command();
    let takers = takers(&command);
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut hinted(command, ""), "redd", &mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    match shell {
        Shell::Bash => bash(&text, &takers),
        Shell::Zsh => zsh(&text),
        _ => text + &fish(&takers),
    }
}

fn takers(command: &Command) -> Vec<Taker> {
    let mut all = Vec::new();
    for verb in command.get_subcommands() {
        collect(verb, &[""], &mut all);
    }
    all
}

fn collect(verb: &Command, before: &[&str], all: &mut Vec<Taker>) {
    let under =
        |name: &str| before.iter().map(|path| format!("{path} {name}").trim().to_owned()).collect::<Vec<_>>();
    let mut paths: Vec<String> = under(verb.get_name());
    paths.extend(verb.get_all_aliases().flat_map(under));
    let prefixes: Vec<&str> = paths.iter().map(String::as_str).collect();
    verb.get_subcommands().for_each(|inner| collect(inner, &prefixes, all));
    let found = verb.get_positionals().enumerate().find_map(|(at, arg)| Some((at, Takes::of(arg)?)));
    if let Some((at, takes)) = found {
        let (path, aliases) = (paths[0].clone(), paths[1..].to_vec());
        all.push(Taker { path, aliases, at, takes, valued: valued(verb) });
    }
}

/// Options of a verb whose value is the next word.
fn valued(verb: &Command) -> Vec<String> {
    let takes_value = |arg: &&Arg| arg.get_action().takes_values() && !arg.is_require_equals_set();
    let mut words = Vec::new();
    for arg in verb.get_opts().filter(takes_value) {
        words
            .extend(arg.get_long_and_visible_aliases().into_iter().flatten().map(|name| format!("--{name}")));
        words
            .extend(arg.get_short_and_visible_aliases().into_iter().flatten().map(|name| format!("-{name}")));
    }
    words
}

/// zsh has the name of a function where a kind of value is known: kinds that redd has no use for lead to our own.
fn hinted(command: Command, path: &str) -> Command {
    let verbs: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    let is_for_all = FOR_ALL.contains(&path);
    let command = command.mut_args(|arg| match Takes::of(&arg).filter(|_| arg.is_positional()) {
        Some(Takes::Name | Takes::Names) if is_for_all => arg.value_hint(ValueHint::Hostname),
        Some(Takes::Name | Takes::Names) => arg.value_hint(ValueHint::Username),
        Some(Takes::Tree | Takes::Places) => arg.value_hint(ValueHint::Url),
        None => arg,
    });
    verbs.into_iter().fold(command, |command, verb| {
        let path = format!("{path} {verb}").trim().to_owned();
        command.mut_subcommand(verb, |inner| hinted(inner, &path))
    })
}

const BASH: &str = r#"
# The names of machines, where a verb takes one.
_redd_with_names() {
    local cur="$2" path="" at=-1 takes="" scope="" valued="" position=0 skip="" word
    _redd "$@"
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        if [[ -n $skip ]]; then
            [[ $word == "=" ]] || skip=""
        elif [[ $word == -- ]]; then
            break
        elif [[ $word == -* ]]; then
            [[ " $valued " == *" $word "* ]] && skip=yes
        elif [[ -n $takes ]]; then
            position=$((position + 1))
        else
            path="${path:+$path }$word"
            _redd_taker "$path"
        fi
    done
    [[ -n $takes && -z $skip && $cur != -* ]] || return 0
    case "$takes" in
        name|tree) [[ $position -eq $at ]] || return 0 ;;
        names) [[ $position -ge $at ]] || return 0 ;;
    esac
    local names
    names=$("$1" list -q $scope 2>/dev/null)
    case "$takes" in
        name|names) COMPREPLY=($(compgen -W "$names" -- "$cur")) ;;
        tree) COMPREPLY=($(compgen -W "$names" -- "$cur") $(compgen -d -- "$cur")) ;;
        places)
            [[ ${COMP_WORDS[COMP_CWORD]} == : || ${COMP_WORDS[COMP_CWORD-1]} == : ]] && COMPREPLY=() && return 0
            compopt -o nospace 2>/dev/null
            COMPREPLY=($(compgen -S : -W "$names" -- "$cur") $(compgen -f -- "$cur"))
            ;;
    esac
}
"#;

fn bash(text: &str, takers: &[Taker]) -> String {
    let mut table = "\n_redd_taker() {\n    case \"$1\" in\n".to_owned();
    for taker in takers {
        let (patterns, word, at, scope) = (taker.patterns(), taker.takes.word(), taker.at, taker.scope());
        let valued = taker.valued.join(" ");
        table += &format!("        {patterns}) takes={word} at={at} scope={scope} valued=\"{valued}\" ;;\n");
    }
    table += "    esac\n}\n";
    let (functions, registration) =
        text.split_at(text.rfind("if [[ \"${BASH_VERSINFO").unwrap_or(text.len()));
    format!(
        "{functions}{}{BASH}\n{}",
        table.trim_start(),
        registration.replace("-F _redd ", "-F _redd_with_names ")
    )
}

const ZSH: &str = r#"
(( $+functions[_redd_machines] )) ||
_redd_machines() {
    local -a names
    names=(${(f)"$(_call_program machines redd list -q $1 2>/dev/null)"})
    _describe -t machines machine names
}

(( $+functions[_redd_running_machines] )) ||
_redd_running_machines() { _redd_machines --running }

(( $+functions[_redd_places] )) ||
_redd_places() { _alternative 'machines:machine:_redd_machines' 'files:file:_files' }
"#;

fn zsh(text: &str) -> String {
    let text = text
        .replace(":_users'", ":_redd_running_machines'")
        .replace(":_hosts'", ":_redd_machines'")
        .replace(":_urls'", ":_redd_places'");
    let at = text.rfind("\nif [ \"$funcstack[1]\"").unwrap_or(text.len());
    format!("{}{ZSH}{}", &text[..at], &text[at..])
}

const FISH: &str = r#"
# The names of machines, where a verb takes one.
function __fish_redd_names_at
    set -l words (string match --invert -- '-*' (commandline -poc))
    test (count $words) -ge $argv[1] -a (count $words) -le $argv[2]
end
"#;

fn fish(takers: &[Taker]) -> String {
    let mut text = FISH.to_owned();
    for taker in takers {
        for path in [&taker.path].into_iter().chain(&taker.aliases) {
            let words: Vec<&str> = path.split(' ').collect();
            let first = words.len() + 1 + taker.at;
            let last = if taker.takes == Takes::Names {
                99
            } else {
                first + usize::from(taker.takes == Takes::Places)
            };
            let seen = words[1..].iter().map(|word| format!("; and __fish_seen_subcommand_from {word}"));
            let condition = format!(
                "__fish_seen_subcommand_from {}{}; and __fish_redd_names_at {first} {last}",
                words[0],
                seen.collect::<String>()
            );
            let (files, colon) = match taker.takes {
                Takes::Name | Takes::Names => ("-f ", ""),
                Takes::Tree => ("", ""),
                Takes::Places => ("", " | string replace -r '\\$' :"),
            };
            let list = format!("redd list -q {}", taker.scope());
            let list = format!("({} 2>/dev/null{colon})", list.trim_end());
            text += &format!("complete -c redd -n \"{condition}\" {files}-a \"{list}\"\n");
        }
    }
    text
}
