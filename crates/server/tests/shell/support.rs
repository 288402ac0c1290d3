//! A `moim` of a test's own: free ports, its own folder, ended when the test ends.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tempfile::TempDir;

pub(crate) type Tls = StreamOwned<ClientConnection, TcpStream>;

const PATIENCE: Duration = Duration::from_secs(20);

/// The ports of one server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) https: u16,
    pub(crate) http: u16,
    pub(crate) metrics: u16,
    pub(crate) turn: u16,
    pub(crate) turns: u16,
    pub(crate) media: u16,
    pub(crate) media_tcp: u16,
}

impl Ports {
    fn free() -> Self {
        Self {
            https: free_port(),
            http: free_port(),
            metrics: free_port(),
            turn: free_port(),
            turns: free_port(),
            media: free_port(),
            media_tcp: free_port(),
        }
    }
}

/// A port that nobody has now, neither for TCP nor for UDP, and that no other test here is given. It is below those
/// that the system gives to clients, so that it stays free until the server takes it.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    const FIRST: u16 = 10_000;
    const COUNT: u32 = 20_000;
    let start = std::process::id().wrapping_mul(97);
    loop {
        let offset = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed).into()) % COUNT;
        let port = FIRST + u16::try_from(offset).unwrap();
        let address = ("127.0.0.1", port);
        if TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok() {
            return port;
        }
    }
}

/// A folder with a configuration in it.
pub(crate) struct Setup {
    pub(crate) folder: TempDir,
    pub(crate) ports: Ports,
}

impl Setup {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), ports: Ports::free() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes `moim.toml`: the ports, and `more` in its sections.
    pub(crate) fn configure(&self, more: &[(&str, &str)]) -> PathBuf {
        let Ports { https, http, metrics, turn, turns, media, media_tcp } = self.ports;
        let mut sections = vec![
            ("server", format!("data_dir = {:?}\ndrain_timeout_s = 5\n", self.path("data"))),
            (
                "listen",
                format!(
                    "https = \"127.0.0.1:{https}\"\nhttp = \"127.0.0.1:{http}\"\nmetrics = \"127.0.0.1:{metrics}\"\n"
                ),
            ),
            ("media", format!("udp_address = \"127.0.0.1\"\nudp_port = {media}\ntcp_port = {media_tcp}\nshards = 1\n")),
            (
                "turn",
                format!(
                    "listen = \"127.0.0.1:{turn}\"\ntls_listen = \"127.0.0.1:{turns}\"\nexternal_ip = \"127.0.0.1\"\n"
                ),
            ),
        ];
        for (section, lines) in more {
            match sections.iter_mut().find(|(name, _)| name == section) {
                Some((_, text)) => text.push_str(lines),
                None => sections.push((section, (*lines).to_owned())),
            }
        }
        let text: String = sections.iter().map(|(name, text)| format!("[{name}]\n{text}\n")).collect();
        self.write("moim.toml", &text, 0o600)
    }

    pub(crate) fn write(&self, name: &str, content: &str, mode: u32) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_moim"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MOIM_")) {
            command.env_remove(name);
        }
        command.env("NO_COLOR", "1");
        command
    }

    /// Runs to the end and returns exit code, stdout, stderr.
    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        finish(self.command(arguments))
    }

    pub(crate) fn start(self, arguments: &[&str]) -> Server {
        let mut command = self.command(arguments);
        self.start_command(&mut command)
    }

    pub(crate) fn start_command(self, command: &mut Command) -> Server {
        let log = fs::File::create(self.path("log")).unwrap();
        let out = fs::File::create(self.path("out")).unwrap();
        let child = command.stdout(out).stderr(log).spawn().unwrap();
        let mut server = Server { child, setup: self };
        server.wait_until_ready();
        server
    }
}

pub(crate) fn finish(mut command: Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) setup: Setup,
}

impl Server {
    /// One that is configured by the test's ports alone, with `--dev`.
    pub(crate) fn start() -> Self {
        let setup = Setup::new();
        let config = setup.configure(&[]);
        setup.start(&["serve", "--dev", "--config", config.to_str().unwrap()])
    }

    pub(crate) fn ports(&self) -> Ports {
        self.setup.ports
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.setup.path("log")).unwrap()
    }

    pub(crate) fn out(&self) -> String {
        fs::read_to_string(self.setup.path("out")).unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Processor time so far, in hundredths of a second (proc(5): fields 14 and 15 of stat, the second is the command).
    pub(crate) fn cpu_ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let after_command = stat.rsplit_once(") ").unwrap().1;
        after_command.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum()
    }

    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    pub(crate) fn wait_until_ended(&mut self) -> ExitStatus {
        let mut status = None;
        until("the server ends", || {
            status = self.ended();
            status.is_some()
        });
        status.unwrap()
    }

    pub(crate) fn connect(&self, port: u16) -> TcpStream {
        connect(port)
    }

    /// TLS that trusts the server's own certificate and nothing else.
    pub(crate) fn connect_tls(&self, port: u16, alpn: &[&[u8]]) -> Tls {
        let kept = self.setup.path("data/tls/self-signed-cert.pem");
        tls(connect(port), &kept, alpn)
    }

    pub(crate) fn https(&self, request: &str) -> String {
        let mut stream = self.connect_tls(self.ports().https, &[]);
        stream.write_all(request.as_bytes()).unwrap();
        read_to_end(&mut stream)
    }

    pub(crate) fn metric(&self, sample: &str) -> f64 {
        let text = plain(self.ports().metrics, &get("/metrics"));
        let line = text.lines().find(|line| line.rsplit_once(' ').is_some_and(|(name, _)| name == sample));
        line.and_then(|line| line.rsplit_once(' '))
            .unwrap_or_else(|| panic!("no {sample} in {text}"))
            .1
            .parse()
            .unwrap()
    }

    fn wait_until_ready(&mut self) {
        let port = self.ports().metrics;
        until("the server is ready", || {
            if let Some(status) = self.ended() {
                panic!("the server ended with {status}: {}", self.log());
            }
            TcpStream::connect(("127.0.0.1", port)).is_ok() && plain(port, &get("/readyz")).starts_with("HTTP/1.1 200")
        });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "it never happened that {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

pub(crate) fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

pub(crate) fn tls(stream: TcpStream, trusted: &Path, alpn: &[&[u8]]) -> Tls {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(trusted).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let name = ServerName::try_from("localhost").unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream)
}

pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}

/// A request without TLS.
pub(crate) fn plain(port: u16, request: &str) -> String {
    let mut stream = connect(port);
    stream.write_all(request.as_bytes()).unwrap();
    read_to_end(&mut stream)
}

/// Everything until the other side closes, politely or not.
pub(crate) fn read_to_end(stream: &mut impl std::io::Read) -> String {
    let mut all = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        all.extend_from_slice(&buffer[..length]);
    }
    String::from_utf8_lossy(&all).into_owned()
}

/// A STUN Binding request (RFC 8489 §5) with an `id` of its own.
pub(crate) fn binding_request(id: u8) -> [u8; 20] {
    let mut message = [id; 20];
    message[..8].copy_from_slice(&[0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42]);
    message
}

/// Reads a STUN success response to [`binding_request`].
pub(crate) fn expect_binding_response(stream: &mut impl std::io::Read, id: u8) {
    let mut header = [0; 20];
    stream.read_exact(&mut header).unwrap();
    assert_eq!(header[..2], [0x01, 0x01], "no Binding success response");
    assert_eq!(header[8..], [id; 12]);
    let mut rest = vec![0; usize::from(u16::from_be_bytes([header[2], header[3]]))];
    stream.read_exact(&mut rest).unwrap();
}
