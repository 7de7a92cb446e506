//! The libraries: each language's program runs every case once.

use crate::expected::table;
use crate::scene::Scene;
use crate::support::ControlPlane;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

/// A program that was built by `tests/interop/run`.
struct Program {
    language: &'static str,
    command: fn(&Path, &Path) -> Command,
    /// Where its library cannot say what the case asks for, and another error comes of it.
    otherwise: &'static [(&'static str, &'static str)],
}

const PROGRAMS: [Program; 4] = [
    Program {
        language: "Go",
        command: |built, _| Command::new(built.join("go-client")),
        otherwise: &[],
    },
    Program {
        language: "Node",
        command: |built, ca| {
            let mut command = Command::new("node");
            command
                .arg(built.join("node/main.mjs"))
                .env("NODE_EXTRA_CA_CERTS", ca);
            command
        },
        otherwise: &[],
    },
    Program {
        language: "Python",
        command: |built, ca| {
            let mut command = Command::new(built.join("python/bin/python"));
            command
                .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/python/main.py"))
                .env("REQUESTS_CA_BUNDLE", ca);
            command
        },
        // Authlib always makes a `jti`; an empty one is as good as none, in the grant that can have it.
        otherwise: &[("no_jti", "invalid_grant")],
    },
    Program {
        language: "Java",
        command: |built, _| {
            let mut command = Command::new("java");
            let classpath = format!("{0}/java/classes:{0}/java/lib/*", built.display());
            command.args(["-cp", &classpath, "dev.countersign.interop.Main"]);
            command
        },
        otherwise: &[],
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn libraries_of_four_languages_get_tokens_and_verify_them() {
    let built = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .unwrap()
        .join("interop");
    assert!(
        built.join("go-client").is_file(),
        "the clients are not built: call tests/interop/run"
    );
    let scene = Scene::new(ControlPlane::shared()).await;
    let mut faults = Vec::new();
    let mut stderr = std::io::stderr();
    for program in PROGRAMS {
        let lines = program.run(&built, &scene);
        let cases = table(&scene);
        writeln!(stderr, "{:<7} {} cases", program.language, lines.len()).unwrap();
        for (case, expected) in &cases {
            let fault = match lines.get(*case) {
                None => Some("it did not run".to_owned()),
                Some(line) => match program.otherwise.iter().find(|(other, _)| other == case) {
                    Some((_, error)) => (line["refused"] != **error).then(|| line.to_string()),
                    None => expected.fault(line),
                },
            };
            faults.extend(fault.map(|fault| format!("{} {case}: {fault}", program.language)));
        }
        assert_eq!(
            lines.len(),
            cases.len(),
            "{} runs every case once",
            program.language
        );
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let logs = scene.server.process.stdout() + &scene.server.process.stderr();
    assert!(
        !logs.contains("eyJ"),
        "something that looks like a token was logged"
    );
}

// === impl Program ===

impl Program {
    /// The printed line of each case.
    fn run(&self, built: &Path, scene: &Scene) -> BTreeMap<String, Value> {
        let mut command = (self.command)(built, &scene.server.ca);
        let output = command
            .arg(&scene.settings)
            .output()
            .unwrap_or_else(|error| panic!("{}: {error}; call tests/interop/run", self.language));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {stderr}", self.language);
        let lines = String::from_utf8(output.stdout).unwrap();
        let lines = lines
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines
            .map(|line| (line["case"].as_str().unwrap().to_owned(), line))
            .collect()
    }
}
