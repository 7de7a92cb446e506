use super::*;
use rstest::rstest;

fn read(variables: &[(&str, &str)]) -> Result<Option<Settings>, SettingFault> {
    Settings::read(|name| {
        let found = variables.iter().find(|(set, _)| *set == name);
        found.map(|(_, value)| OsString::from(value))
    })
}

const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");

#[rstest]
#[case::nothing(&[])]
#[case::empty(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "")])]
#[case::disabled(&[ENDPOINT, ("OTEL_SDK_DISABLED", "TRUE")])]
#[case::exporter(&[ENDPOINT, ("OTEL_TRACES_EXPORTER", "none")])]
#[case::only_others(&[("OTEL_SERVICE_NAME", "x"), ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://c:1")])]
fn off(#[case] variables: &[(&str, &str)]) {
    assert_eq!(read(variables), Ok(None));
}

#[test]
fn with_an_endpoint_alone_the_rest_is_the_standards() {
    let settings = read(&[ENDPOINT]).unwrap().unwrap();
    let expected = Settings {
        transport: Transport::Http,
        endpoint: Url::parse("http://collector:4318/v1/traces").unwrap(),
        timeout: Duration::from_secs(10),
        certificate: None,
        sampling: Sampling {
            share: Share::All,
            parent_based: false,
        },
        propagates: true,
        names_service: false,
        batch: Batch {
            queue: 2048,
            size: 512,
            delay: Duration::from_secs(5),
        },
    };
    assert_eq!(settings, expected);
}

#[rstest]
#[case::http(
    "http/protobuf",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "https://c/otlp/",
    "https://c/otlp/v1/traces"
)]
#[case::of_traces(
    "http/protobuf",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "https://c/otlp/x",
    "https://c/otlp/x"
)]
#[case::grpc("grpc", "OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317", "http://c:4317/")]
fn the_path_is_added_where_the_standard_says(
    #[case] protocol: &str,
    #[case] variable: &str,
    #[case] value: &str,
    #[case] expected: &str,
) {
    let settings = read(&[("OTEL_EXPORTER_OTLP_PROTOCOL", protocol), (variable, value)]);
    assert_eq!(settings.unwrap().unwrap().endpoint.as_str(), expected);
}

#[test]
fn what_is_said_of_traces_goes_before_what_is_said_of_all() {
    let settings = read(&[
        ENDPOINT,
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://t:4317"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "2500"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/a"),
        ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "/b"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "100"),
        ("OTEL_BSP_SCHEDULE_DELAY", "20"),
        ("OTEL_RESOURCE_ATTRIBUTES", "a=b,service.name=x"),
        ("OTEL_PROPAGATORS", "baggage"),
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
    ])
    .unwrap()
    .unwrap();
    assert_eq!(settings.transport, Transport::Grpc);
    assert_eq!(settings.endpoint.as_str(), "https://t:4317/");
    assert_eq!(settings.timeout, Duration::from_millis(2500));
    assert_eq!(settings.certificate.unwrap().1, PathBuf::from("/b"));
    assert_eq!((settings.batch.queue, settings.batch.size), (100, 100));
    assert_eq!(settings.batch.delay, Duration::from_millis(20));
    assert!(settings.names_service && !settings.propagates);
    let quarter = Sampling {
        share: Share::Part(0.25),
        parent_based: true,
    };
    assert_eq!(settings.sampling, quarter);
}

#[rstest]
fn a_wrong_value_is_named_and_not_shown(
    #[values(
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "canary:4317"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://user:canary@collector"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "unix:///canary"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "canary"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "canary"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=canary,=x"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "canary canary=x"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/canary"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
        ("OTEL_PROPAGATORS", "b3"),
        ("OTEL_RESOURCE_ATTRIBUTES", "canary"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "-1"),
        ("OTEL_BSP_SCHEDULE_DELAY", "canary"),
    )]
    wrong: (&'static str, &str),
) {
    let fault = read(&[wrong, ENDPOINT]).unwrap_err();
    assert_eq!(fault.variable, wrong.0);
    let text = fault.to_string();
    assert!(text.starts_with(wrong.0) && !text.contains("canary"), "{text}");
}

#[rstest]
fn the_part_is_between_none_and_all(#[values("1.1", "-0.1", "NaN", "half")] part: &str) {
    let sampler = ("OTEL_TRACES_SAMPLER", "traceidratio");
    let fault = read(&[ENDPOINT, sampler, ("OTEL_TRACES_SAMPLER_ARG", part)]).unwrap_err();
    assert_eq!(fault.variable, "OTEL_TRACES_SAMPLER_ARG");
}
