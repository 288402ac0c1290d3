//! From file and environment to settings, with every problem on the way.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::problems::Problems;
use super::settings::Settings;
use super::tree::Tree;
use super::{Mode, environment, merge, no_effect, private_file, sections};

/// Where the configuration is looked for when nobody names a file; the first that is there.
const USUAL_FILES: [&str; 2] = ["moim.toml", "/etc/moim/moim.toml"];

/// Where a configuration comes from.
pub(crate) struct Source {
    /// The file named by `--config` or the environment, which must then be there.
    pub(crate) file: Option<PathBuf>,
    /// The environment.
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) mode: Mode,
}

/// A configuration without problems.
pub(crate) struct Loaded {
    pub(crate) settings: Settings,
    /// The file that was read.
    pub(crate) file: Option<PathBuf>,
    /// Sentences to show once.
    pub(crate) warnings: Vec<String>,
}

/// Reads and checks everything.
///
/// # Errors
/// Everything that is wrong, at once.
pub(crate) fn load(source: Source) -> Result<Loaded, Problems> {
    let mut problems = Problems::default();
    let file = source.file.or_else(usual_file);
    let mut known = known(source.mode)?;
    if let Some(path) = &file {
        let written = read(path)?;
        if holds_secret(&written) {
            problems.take(private_file::check(path, "holds secrets"));
        }
        merge::over(&mut known, written, &mut problems);
    }
    let mut warnings = environment::over(&mut known, source.variables.into_iter(), &mut problems);
    let mut tree: Tree = known.try_into().map_err(|error| format!("the configuration cannot be read: {error}"))?;
    warnings.extend(no_effect::warnings(&tree));
    sections::read_secret_files(&mut tree, &mut problems);
    let settings = sections::understand(tree, source.mode, &mut problems);
    problems.unless_any(())?;
    let settings = settings.ok_or_else(|| "the configuration cannot be used".to_owned())?;
    Ok(Loaded { settings, file, warnings })
}

/// All keys with their defaults.
pub(super) fn known(mode: Mode) -> Result<Table, Problems> {
    Table::try_from(Tree::defaults(mode))
        .map_err(|error| format!("the defaults cannot be written as TOML: {error}").into())
}

fn usual_file() -> Option<PathBuf> {
    let usual = USUAL_FILES.iter().map(PathBuf::from);
    usual.into_iter().find(|path| path.exists())
}

fn read(path: &Path) -> Result<Table, Problems> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read the configuration {shown}: {error}"))?;
    text.parse::<Table>().map_err(|error| {
        // The library's own message quotes the line, which may hold a secret.
        let line =
            error.span().map_or(1, |span| text.get(..span.start).map_or(1, |before| before.matches('\n').count() + 1));
        format!("{shown}, line {line}: {}", error.message()).into()
    })
}

/// Whether the file itself has a secret in it, not just the name of a file that has.
fn holds_secret(written: &Table) -> bool {
    const SECRETS: [(&str, &str); 6] = [
        ("direct", "token"),
        ("turn", "shared_secret"),
        ("turn", "users"),
        ("turn", "redis_url"),
        ("livekit", "keys"),
        ("openvidu", "secret"),
    ];
    SECRETS.iter().any(|(section, key)| {
        let value = written.get(*section).and_then(|section| section.get(key));
        value.is_some_and(|value| match value {
            Value::String(text) => !text.is_empty(),
            Value::Table(map) => !map.is_empty(),
            _ => false,
        })
    })
}
