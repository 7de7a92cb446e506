use super::*;
use std::collections::VecDeque;
use std::io::Write;
use std::time::Instant;

/// Does what it is told for each call, then everything.
#[derive(Clone, Default)]
struct Fickle(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    /// How many bytes the next calls take; with none, they fail.
    plan: VecDeque<Option<usize>>,
    taken: Vec<u8>,
}

impl Write for Fickle {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut inside = self.0.lock().unwrap();
        let most = inside.plan.pop_front().unwrap_or(Some(usize::MAX));
        let most = most.ok_or_else(|| io::Error::from(io::ErrorKind::StorageFull))?;
        let taken = &bytes[..most.min(bytes.len())];
        inside.taken.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn counter() -> IntCounter {
    IntCounter::new("failures", "x").unwrap()
}

async fn written(queue: &Queue) -> Progress {
    let (last, mut progress) = (queue.hurry(), queue.progress());
    let done = progress.wait_for(|progress| progress.written >= last);
    *tokio::time::timeout(Duration::from_secs(20), done)
        .await
        .unwrap()
        .unwrap()
}

#[tokio::test]
async fn short_writes_and_failures_lose_and_repeat_nothing() {
    let (sink, failures) = (Fickle::default(), counter());
    sink.0.lock().unwrap().plan = [Some(3), None, Some(1), Some(2), None].into();
    let queue = Queue::start(Sink::Other(Box::new(sink.clone())), failures.clone()).unwrap();
    for line in ["first\n", "second\n", "third\n"] {
        queue.push(line.as_bytes(), false).unwrap();
    }
    assert!(!written(&queue).await.broken, "it has recovered");
    assert_eq!(sink.0.lock().unwrap().taken, b"first\nsecond\nthird\n");
    assert_eq!(failures.get(), 2);
}

#[test]
fn what_there_is_no_room_for_is_lost_and_counted() {
    let (sink, failures) = (Fickle::default(), counter());
    sink.0.lock().unwrap().plan = vec![None; 1000].into();
    let queue = Queue::start(Sink::Other(Box::new(sink)), failures.clone()).unwrap();
    queue.push(b"x\n", true).unwrap();
    let started = Instant::now();
    while !queue.is_broken() {
        assert!(started.elapsed() < Duration::from_secs(20));
        std::thread::yield_now();
    }
    let line = vec![b'x'; ROOM / 2];
    let before = failures.get();
    assert_eq!(queue.push(&line, false), Some(2));
    assert_eq!(queue.push(&line, false), Some(3));
    assert_eq!(queue.push(&line, false), None);
    assert_eq!(queue.push(b"x\n", false), None);
    assert!(failures.get() >= before + 2);
}

#[test]
fn a_line_that_was_begun_in_another_file_is_whole_in_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.log");
    let mut sink = Sink::file(path.clone()).unwrap();
    let mut batch = Batch {
        bytes: b"first\nsecond\n".to_vec(),
        written: b"first\nsec".len(),
    };
    std::fs::rename(&path, folder.path().join("audit.log.1")).unwrap();
    batch.write(&mut sink).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"second\n");
}
