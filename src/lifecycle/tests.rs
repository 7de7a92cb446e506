use super::*;
use futures::stream;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc;

const LONG: Duration = Duration::from_mins(1);

async fn run_quietly(tasks: Tasks) -> Result<(), LifecycleError> {
    tokio::time::timeout(LONG, tasks.run_with(stream::pending(), LONG))
        .await
        .unwrap()
}

/// Signals that the test sends.
fn signals() -> (mpsc::UnboundedSender<()>, impl Stream<Item = ()>) {
    let (send, receive) = mpsc::unbounded_channel();
    let stream = stream::unfold(receive, |mut receive| async {
        receive.recv().await.map(|()| ((), receive))
    });
    (send, stream)
}

#[rstest::rstest]
#[case::error("watching failed", |_: CancellationToken| Err(anyhow!("watching failed")))]
#[case::return_without_being_asked("nobody asked", |_: CancellationToken| Ok(()))]
#[case::panic("panicked", |_: CancellationToken| panic!("on purpose"))]
#[tokio::test]
async fn the_end_of_an_essential_task_ends_the_process(
    #[case] reason: &str,
    #[case] end: fn(CancellationToken) -> anyhow::Result<()>,
) {
    let tasks = Tasks::new();
    let finished = Arc::new(AtomicBool::new(false));
    let (stop, done) = (tasks.shutdown(), Arc::clone(&finished));
    tasks.spawn("other", async move {
        stop.cancelled().await;
        done.store(true, Ordering::SeqCst);
    });
    let stop = tasks.shutdown();
    tasks.spawn_essential("index", async move { end(stop) });
    let error = run_quietly(tasks).await.unwrap_err();
    assert!(
        matches!(&error, LifecycleError::EssentialTask { task: "index", cause } if cause.to_string().contains(reason)),
        "{error}"
    );
    assert!(
        finished.load(Ordering::SeqCst),
        "the other task was not waited for"
    );
}

#[tokio::test]
async fn a_panic_of_an_ordinary_task_ends_only_that() {
    let tasks = Tasks::new();
    tasks.spawn("fetch", async { panic!("on purpose") });
    let (send, signals) = signals();
    let running = tasks.clone();
    let stop = tasks.shutdown();
    tasks.spawn_essential("index", async move {
        while running.running() != ["index"] {
            tokio::task::yield_now().await;
        }
        assert!(!stop.is_cancelled());
        send.send(())?;
        stop.cancelled().await;
        Ok(())
    });
    tokio::time::timeout(LONG, tasks.run_with(signals, LONG))
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn the_first_signal_asks_and_an_error_after_it_is_no_failure() {
    let tasks = Tasks::new();
    let stop = tasks.shutdown();
    tasks.spawn_essential("index", async move {
        stop.cancelled().await;
        Err(anyhow!("connection closed"))
    });
    let signals = stream::iter([()]).chain(stream::pending());
    tokio::time::timeout(LONG, tasks.run_with(signals, LONG))
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn the_second_signal_does_not_wait() {
    let tasks = Tasks::new();
    tasks.spawn("stuck", std::future::pending());
    tasks.spawn("stuck", std::future::pending());
    let signals = stream::iter([(), ()]).chain(stream::pending());
    let error = tokio::time::timeout(LONG, tasks.run_with(signals, LONG))
        .await
        .unwrap()
        .unwrap_err();
    assert!(
        matches!(&error, LifecycleError::Aborted { running } if running == &["stuck"]),
        "{error}"
    );
}

#[tokio::test]
async fn a_task_that_never_ends_is_named_after_the_grace_period() {
    let tasks = Tasks::new();
    tasks.spawn("stuck", std::future::pending());
    tasks.shutdown().cancel();
    let error = tasks
        .run_with(stream::pending(), Duration::from_millis(10))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, LifecycleError::GraceExpired { running } if running == &["stuck"]),
        "{error}"
    );
}

#[tokio::test]
async fn the_first_failure_is_the_one_that_is_told() {
    let tasks = Tasks::new();
    let stop = tasks.shutdown();
    tasks.spawn_essential("second", async move {
        stop.cancelled().await;
        panic!("on purpose, because the first one is gone")
    });
    tasks.spawn_essential("first", async { Err(anyhow!("the cause of it all")) });
    let error = run_quietly(tasks).await.unwrap_err();
    assert!(
        matches!(error, LifecycleError::EssentialTask { task: "first", .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_signal_that_comes_before_anybody_waits_is_not_lost() {
    let signals = Signals::listen().unwrap();
    let sent = std::process::Command::new("kill")
        .args(["-TERM", &std::process::id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    let tasks = Tasks::new();
    let stop = tasks.shutdown();
    tasks.spawn_essential("index", async move {
        stop.cancelled().await;
        Ok(())
    });
    tokio::time::timeout(
        Duration::from_secs(10),
        tasks.run_until_done(signals, Duration::from_secs(1)),
    )
    .await
    .expect("the signal is seen")
    .unwrap();
}

#[tokio::test]
async fn what_others_need_ends_after_them() {
    let tasks = Tasks::new();
    let (asked, mut asks) = mpsc::unbounded_channel::<tokio::sync::oneshot::Sender<()>>();
    tasks.spawn_supporting("log", async move {
        while let Some(answer) = asks.recv().await {
            answer.send(()).unwrap();
        }
    });
    let stop = tasks.shutdown();
    let still_asked = asked.clone();
    tasks.spawn_essential("port", async move {
        stop.cancelled().await;
        let (answer, answered) = tokio::sync::oneshot::channel();
        still_asked.send(answer)?;
        Ok(answered.await?)
    });
    let supporters = tasks.supporters.clone();
    let (send, signals) = signals();
    send.send(()).unwrap();
    tasks.run_with(signals, LONG).await.unwrap();
    supporters.close();
    tokio::time::timeout(LONG, supporters.wait()).await.unwrap();
}

#[tokio::test]
async fn the_end_of_what_others_need_ends_the_process() {
    for panics in [false, true] {
        let tasks = Tasks::new();
        tasks.spawn_supporting("log", async move { assert!(!panics, "on purpose") });
        let error = run_quietly(tasks).await.unwrap_err();
        assert!(
            matches!(error, LifecycleError::EssentialTask { task: "log", .. }),
            "{error}"
        );
    }
}

#[tokio::test]
async fn tasks_go_on_during_the_drain() {
    let drain = Duration::from_millis(50);
    let tasks = Tasks::draining_for(drain);
    let (draining, stop) = (tasks.draining(), tasks.shutdown());
    let (send, mut told) = mpsc::unbounded_channel();
    tasks.spawn_essential("index", async move {
        draining.cancelled().await;
        let began = tokio::time::Instant::now();
        assert!(!stop.is_cancelled());
        stop.cancelled().await;
        send.send(began.elapsed())?;
        Ok(())
    });
    let signals = stream::iter([()]).chain(stream::pending());
    tasks.run_with(signals, LONG).await.unwrap();
    assert!(told.recv().await.unwrap() >= drain);
}

#[tokio::test]
async fn the_second_signal_ends_the_drain() {
    let tasks = Tasks::draining_for(LONG);
    tasks.spawn("stuck", std::future::pending());
    let began = tokio::time::Instant::now();
    let signals = stream::iter([(), ()]).chain(stream::pending());
    let error = tasks.run_with(signals, LONG).await.unwrap_err();
    assert!(matches!(error, LifecycleError::Aborted { .. }), "{error}");
    assert!(began.elapsed() < LONG);
}
