//! What was found, as a table.

use std::fmt;

/// The rows so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    what: String,
    outcome: Outcome,
    note: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Ok,
    Failed,
    Skipped,
}

impl Report {
    pub(super) fn ok(&mut self, what: impl Into<String>, note: impl Into<String>) {
        self.add(what.into(), Outcome::Ok, note.into());
    }

    /// `note` says what is wrong and what to do.
    pub(super) fn failed(&mut self, what: impl Into<String>, note: impl Into<String>) {
        self.add(what.into(), Outcome::Failed, note.into());
    }

    /// `note` says why it was not tried.
    pub(super) fn skipped(&mut self, what: impl Into<String>, note: impl Into<String>) {
        self.add(what.into(), Outcome::Skipped, note.into());
    }

    /// `Ok` and `Err` both carry the note.
    pub(super) fn result(&mut self, what: impl Into<String>, result: Result<String, String>) {
        match result {
            Ok(note) => self.ok(what, note),
            Err(note) => self.failed(what, note),
        }
    }

    pub(super) fn has_failures(&self) -> bool {
        self.count(Outcome::Failed) > 0
    }

    fn add(&mut self, what: String, outcome: Outcome, note: String) {
        self.rows.push(Row { what, outcome, note });
    }

    fn count(&self, outcome: Outcome) -> usize {
        self.rows.iter().filter(|row| row.outcome == outcome).count()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Failed => "FAILED",
            Self::Skipped => "skipped",
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.what.chars().count()).max().unwrap_or_default();
        for Row { what, outcome, note } in &self.rows {
            writeln!(f, "{what:<width$}  {outcome:<7}  {note}")?;
        }
        let (ok, failed, skipped) =
            (self.count(Outcome::Ok), self.count(Outcome::Failed), self.count(Outcome::Skipped));
        writeln!(f, "\n{ok} ok, {failed} failed, {skipped} skipped")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_lines_up_and_counts() {
        let mut report = Report::default();
        report.ok("HTTPS", "200");
        report.failed("TURN over UDP", "no answer. Open the port");
        report.skipped("TURN over TLS", "off");
        let expected = "HTTPS          ok       200\n\
                        TURN over UDP  FAILED   no answer. Open the port\n\
                        TURN over TLS  skipped  off\n\n1 ok, 1 failed, 1 skipped\n";
        assert_eq!(report.to_string(), expected);
        assert!(report.has_failures());
    }
}
