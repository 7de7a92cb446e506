//! What etcd grows by between two of its compactions, which are five minutes apart: at several rates, and at
//! the worst of them for longer. The API server asks for none here, so that none comes in between.

use crate::load::Load;
use crate::observe;
use crate::scene::{KIND, Scene};
use crate::server::{Log, Server};
use crate::table::Figure;
use anyhow::Context;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

/// The time from one compaction to the next.
const COMPACTION: Duration = Duration::from_mins(5);
/// The worst rates are where a segment is full after a few appends, so that all of it is written a few times.
const RATES: [f64; 4] = [3_000.0, 6_000.0, 9_000.0, 15_000.0];
/// The share of the most tokens per second that can be asked for at a fixed rate.
const BEARABLE: f64 = 0.95;
/// How long each is tried.
const TRIED_FOR: Duration = Duration::from_secs(10);
/// How long the worst goes on without `--long`.
const SHORT: Duration = Duration::from_secs(15);
/// Assertions are made so far ahead at the most.
const STRETCH: Duration = Duration::from_secs(30);
/// Enough for the pace of the appends.
const CONNECTIONS: u16 = 512;
/// Megabytes.
const MOST: f64 = 256.0;

/// Measures it.
pub(crate) fn measure(scene: &Scene) -> anyhow::Result<Vec<Figure>> {
    let etcd = Etcd::of(scene)?;
    let server = scene.server(Log::Cluster, &[])?;
    let mut figures = Vec::new();
    let mut worst = (0.0, 0.0);
    let most = load(scene, &[&server], TRIED_FOR).first_look()? * BEARABLE;
    for rate in RATES.into_iter().filter(|rate| *rate <= most) {
        let grown = grow(scene, &server, &etcd, rate, TRIED_FOR)?;
        figures.push(Figure::of(
            format!("etcd at {rate} tokens/s: grows by"),
            grown.in_use / 1e3,
            "KB/s",
        ));
        figures.push(Figure::of(
            format!("etcd at {rate} tokens/s: keys in an append"),
            grown.keys,
            "",
        ));
        if grown.in_use > worst.1 {
            worst = (rate, grown.in_use);
        }
    }
    let (rate, _) = worst;
    let time = if scene.options.long { COMPACTION } else { SHORT };
    let file_before = etcd.file()?;
    let grown = grow(scene, &server, &etcd, rate, time)?;
    let megabytes = grown.in_use * COMPACTION.as_secs_f64() / 1e6;
    let how = if scene.options.long {
        "measured"
    } else {
        "extrapolated from 15 s"
    };
    figures.push(Figure::of("etcd at its worst: tokens", rate, "/s"));
    figures.push(Figure::of(
        "etcd at its worst: an append",
        grown.append / 1e3,
        "KB",
    ));
    figures.push(
        Figure::of(
            format!("etcd at its worst: growth in 5 min, {how}"),
            megabytes,
            "MB",
        )
        .at_most(MOST),
    );
    figures.push(Figure::of(
        format!("etcd at its worst: its file grew in {} s by", time.as_secs()),
        (etcd.file()? - file_before) / 1e6,
        "MB",
    ));
    figures.push(Figure::of("etcd at its worst: errors", grown.wrong, "").at_most(0.0));
    Ok(figures)
}

fn load<'a>(scene: &'a Scene, servers: &'a [&'a Server], time: Duration) -> Load<'a> {
    Load {
        scene,
        servers,
        kind: KIND,
        connections: CONNECTIONS,
        time,
    }
}

/// What a rate of tokens does to etcd.
struct Grown {
    /// Bytes in use, per second.
    in_use: f64,
    /// Bytes in use, per append.
    append: f64,
    keys: f64,
    wrong: f64,
}

fn grow(scene: &Scene, server: &Server, etcd: &Etcd, rate: f64, time: Duration) -> anyhow::Result<Grown> {
    let servers = [server];
    let load = load(scene, &servers, time.min(STRETCH));
    let stretches = time.as_secs().div_ceil(load.time.as_secs());
    let (mut bytes, mut appends, mut keys, mut wrong) = (0.0, 0.0, 0.0, 0.0);
    let mut took = Duration::ZERO;
    for _ in 0..stretches {
        let before = etcd.in_use()?;
        let (loaded, seen) = observe::during(scene, || load.only_open(rate))?;
        bytes += etcd.in_use()? - before;
        appends += seen.appends();
        keys += seen.keys();
        wrong += loaded.wrong();
        took = took.saturating_add(load.time);
    }
    Ok(Grown {
        in_use: bytes / took.as_secs_f64(),
        append: bytes / appends,
        keys: keys / appends,
        wrong,
    })
}

/// etcd, as it tells about itself.
struct Etcd {
    /// Host and port of its clients.
    address: String,
    file: PathBuf,
}

// === impl Etcd ===

impl Etcd {
    fn of(scene: &Scene) -> anyhow::Result<Self> {
        let [etcd, _] = scene.plane.pids();
        let command = std::fs::read(format!("/proc/{etcd}/cmdline"))?;
        let words: Vec<_> = command
            .split(|byte| *byte == 0)
            .map(String::from_utf8_lossy)
            .collect();
        let flag = |name: &str| {
            let value = words.iter().find_map(|word| word.strip_prefix(name));
            value.with_context(|| format!("etcd was started without {name}"))
        };
        Ok(Self {
            address: flag("--listen-client-urls=http://")?.to_owned(),
            file: PathBuf::from(flag("--data-dir=")?).join("member/snap/db"),
        })
    }

    /// The bytes of its file that are in use.
    fn in_use(&self) -> anyhow::Result<f64> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let name = "etcd_mvcc_db_total_size_in_use_in_bytes ";
        let value = answer.lines().find_map(|line| line.strip_prefix(name));
        Ok(value
            .context("etcd does not tell what is in use")?
            .trim()
            .parse()?)
    }

    /// The bytes of its file.
    fn file(&self) -> anyhow::Result<f64> {
        let length = std::fs::metadata(&self.file)?.len();
        Ok(f64::from(
            u32::try_from(length).context("a file of more than 4 GB")?,
        ))
    }
}
