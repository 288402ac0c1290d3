use std::os::unix::fs::PermissionsExt;

use super::*;

fn waiting(number: u64, id: &str) -> Waiting {
    let event = proto::WebhookEvent { id: id.into(), event: "room_started".into(), ..Default::default() };
    Waiting { number, at: Duration::from_millis(1_800_000_000_123), room: "hall".into(), event: event.into(), bytes: 0 }
}

fn ids(found: &Found) -> Vec<String> {
    found.waiting.iter().map(|waiting| waiting.event.id.clone()).collect()
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue.jsonl");
    (folder, path)
}

#[test]
fn what_is_not_done_with_is_found_again_in_its_order() {
    let (_folder, path) = folder();
    let (mut store, found) = Store::open(&path).unwrap();
    assert!(found.waiting.is_empty());
    for (number, id) in [(1, "a"), (2, "b"), (3, "c")] {
        store.keep(&waiting(number, id)).unwrap();
    }
    store.forget(2).unwrap();
    store.sync().unwrap();
    let (_, found) = Store::open(&path).unwrap();
    assert_eq!((ids(&found), found.unreadable), (vec!["a".to_owned(), "c".to_owned()], 0));
    let first = &found.waiting[0];
    assert_eq!((first.number, first.at, &*first.room), (1, Duration::from_millis(1_800_000_000_123), "hall"));
}

#[test]
fn only_the_owner_may_read_it() {
    let (_folder, path) = folder();
    Store::open(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_line_cut_off_at_any_byte_costs_no_other() {
    let (_folder, path) = folder();
    let (mut store, _) = Store::open(&path).unwrap();
    store.keep(&waiting(1, "a")).unwrap();
    let whole = store.bytes();
    store.keep(&waiting(2, "b")).unwrap();
    let text = std::fs::read(&path).unwrap();
    for length in usize::try_from(whole).unwrap()..text.len() {
        std::fs::write(&path, &text[..length]).unwrap();
        let (mut store, found) = Store::open(&path).unwrap();
        assert_eq!((ids(&found), found.unreadable), (vec!["a".to_owned()], 0), "{length}");
        store.keep(&waiting(2, "c")).unwrap();
        assert_eq!(ids(&Store::open(&path).unwrap().1), ["a", "c"], "{length}");
    }
}

#[test]
fn a_line_that_cannot_be_read_is_passed_over() {
    let (_folder, path) = folder();
    let (mut store, _) = Store::open(&path).unwrap();
    store.keep(&waiting(1, "a")).unwrap();
    let mut text = std::fs::read(&path).unwrap();
    text.extend(b"{\"number\":2,\"at_ms\":0,\"ro\n\xff\xfe\0\n[]\n\n");
    std::fs::write(&path, text).unwrap();
    let (mut store, found) = Store::open(&path).unwrap();
    assert_eq!((ids(&found), found.unreadable), (vec!["a".to_owned()], 4));
    store.keep(&waiting(2, "b")).unwrap();
    assert_eq!(ids(&Store::open(&path).unwrap().1), ["a", "b"]);
}

#[test]
fn the_file_does_not_grow_with_what_is_done() {
    let (_folder, path) = folder();
    let (mut store, _) = Store::open(&path).unwrap();
    store.keep(&waiting(1, "kept")).unwrap();
    for number in 2..40_000 {
        store.keep(&waiting(number, "passing")).unwrap();
        store.forget(number).unwrap();
        assert!(store.bytes() < 2 * SLACK_BYTES);
    }
    store.keep(&waiting(40_000, "last")).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().len(), store.bytes());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(ids(&Store::open(&path).unwrap().1), ["kept", "last"]);
}
