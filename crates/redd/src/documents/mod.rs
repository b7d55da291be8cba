//! Man pages and completions of shells, made from the command line's own definition: none can be out of date.

mod completions;

pub use clap_complete::Shell;

/// The shells there are completions for.
pub const SHELLS: [Shell; 3] = [Shell::Bash, Shell::Zsh, Shell::Fish];

/// The man pages, by the names of their files: redd's own, and one of each verb.
#[must_use]
pub fn man_pages() -> Vec<(String, String)> {
    let command = crate::command_line::command();
    let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    let pages = verbs.map(|verb| (format!("redd-{}", verb.get_name()), verb));
    let pages = [("redd".to_owned(), &command)].into_iter().chain(pages);
    pages.map(|(title, command)| (format!("{title}.1"), man_page(command, &title))).collect()
}

fn man_page(command: &clap::Command, title: &str) -> String {
    let mut page = Vec::new();
    // Nothing is written but memory.
    drop(clap_mangen::Man::new(command.clone()).title(title).render(&mut page));
    String::from_utf8_lossy(&page).into_owned()
}

/// The script for a shell.
#[must_use]
pub fn completions(shell: Shell) -> String {
    completions::script(shell)
}

/// Where a shell looks for it, below a prefix.
#[must_use]
pub const fn completions_place(shell: Shell) -> &'static str {
    match shell {
        Shell::Zsh => "share/zsh/site-functions/_redd",
        Shell::Fish => "share/fish/vendor_completions.d/redd.fish",
        _ => "share/bash-completion/completions/redd",
    }
}
