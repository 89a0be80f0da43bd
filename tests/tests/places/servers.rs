//! Real servers on loopback, started by a test and stopped with it.
#![allow(dead_code, reason = "no test file uses all of it")]

use std::io::{BufRead, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use imageio_tests::Scratch;

/// A certificate for loopback that nobody vouches for, and its key.
pub struct Certificate {
    pub certificate: PathBuf,
    /// Both in one file.
    pub with_key: PathBuf,
}

/// Makes one in the folder.
pub fn certificate(scratch: &Scratch) -> Certificate {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
    let made = params.self_signed(&key).unwrap();
    let (certificate, with_key) = (scratch.path("certificate.pem"), scratch.path("with-key.pem"));
    std::fs::write(&certificate, made.pem()).unwrap();
    std::fs::write(&with_key, format!("{}{}", made.pem(), key.serialize_pem())).unwrap();
    Certificate { certificate, with_key }
}

/// nginx with one folder: below `/ranges/` as usual, below `/plain/` without ranges, below `/packed/` compressed, and
/// all of that by TLS as well.
pub struct Nginx {
    child: Child,
    log: PathBuf,
    pub http: String,
    pub https: String,
}

impl Nginx {
    /// `None`, with a line that says so, where there is no nginx.
    pub fn start(scratch: &Scratch, folder: &Path, certificate: &Certificate) -> Option<Self> {
        if Command::new("nginx").arg("-v").stderr(Stdio::null()).status().is_err() {
            println!("skipped: there is no nginx (cargo xtask setup installs it)");
            return None;
        }
        let (plain, secure) = (free_port(), free_port());
        let (home, log) = (scratch.path(""), scratch.path("access.log"));
        let (home, folder) = (home.display(), folder.display());
        let pem = certificate.with_key.display();
        let log_shown = log.display();
        // The workers would be another user than the owner of the folder if root starts them.
        let configuration = format!(
            "user root; worker_processes 1; daemon off; pid {home}/nginx.pid; error_log {home}/error.log;
             events {{ worker_connections 256; }}
             http {{
               log_format sent '$request_uri $status $body_bytes_sent';
               access_log {log_shown} sent;
               client_body_temp_path {home}/t1; proxy_temp_path {home}/t2; fastcgi_temp_path {home}/t3;
               uwsgi_temp_path {home}/t4; scgi_temp_path {home}/t5;
               sendfile on; default_type application/octet-stream; keepalive_requests 100000;
               server {{
                 listen 127.0.0.1:{plain}; listen 127.0.0.1:{secure} ssl;
                 ssl_certificate {pem}; ssl_certificate_key {pem};
                 location /ranges/ {{ alias {folder}/; }}
                 location /plain/ {{ alias {folder}/; max_ranges 0; }}
                 location /packed/ {{ alias {folder}/; gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any; }}
               }}
             }}"
        );
        let file = scratch.path("nginx.conf");
        std::fs::write(&file, configuration).unwrap();
        let mut command = Command::new("nginx");
        command.arg("-c").arg(&file).arg("-e").arg(scratch.path("start.log")).stdin(Stdio::null());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Nginx {
            child,
            log,
            http: format!("http://127.0.0.1:{plain}"),
            https: format!("https://127.0.0.1:{secure}"),
        };
        for port in [plain, secure] {
            wait_for(port);
        }
        Some(server)
    }

    /// Requests and bytes of bodies that were sent for a path, once what is under way has ended.
    pub fn sent(&self, path: &str) -> (usize, u64) {
        let count = || {
            let text = std::fs::read_to_string(&self.log).unwrap();
            let rows = text.lines().filter_map(|line| line.strip_prefix(path)?.rsplit_once(' ')?.1.parse::<u64>().ok());
            rows.fold((0, 0), |(n, sum), sent| (n + 1, sum + sent))
        };
        let mut last = count();
        loop {
            std::thread::sleep(Duration::from_millis(300));
            let now = count();
            if now == last {
                return now;
            }
            last = now;
        }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Asked to end, it takes its workers along.
        let ended = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        if ended.is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// A server that is a script of the peers' Python.
pub struct Script {
    child: Child,
    pub port: u16,
}

impl Script {
    /// `None`, with a line that says so, where the Python or one of `modules` is missing.
    pub fn start(script: &str, modules: &str, arguments: &[&Path]) -> Option<Self> {
        let python = imageio_tests::peers()?;
        let has = Command::new(&python).arg("-c").arg(format!("import {modules}")).stderr(Stdio::null()).status();
        if !has.is_ok_and(|status| status.success()) {
            println!("skipped: the peers' Python has no {modules} (cargo xtask setup installs it)");
            return None;
        }
        let mut command = Command::new(python);
        command.arg(imageio_tests::folder().join("peers").join(script)).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("port: ")?.parse().ok());
        Some(Script { child, port: port.unwrap_or_else(|| panic!("{script} did not start")) })
    }

    /// An FTP server for the folder.
    pub fn ftp(folder: &Path, certificate: Option<&Certificate>) -> Option<Self> {
        let modules = if certificate.is_some() { "pyftpdlib, OpenSSL" } else { "pyftpdlib" };
        let certificate = certificate.map_or(Path::new(""), |c| c.with_key.as_path());
        Self::start("ftp_server.py", modules, &[folder, certificate])
    }

    /// An S3 server with an empty bucket `images`.
    pub fn s3() -> Option<Self> {
        Self::start("s3_server.py", "boto3, moto.server", &[])
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        // The end of its input is the sign to stop.
        if let Some(mut input) = self.child.stdin.take() {
            let _ = input.flush();
        }
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(5) {
            if self.child.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn wait_for(port: u16) {
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(started.elapsed() < Duration::from_secs(20), "nothing listens at port {port}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
