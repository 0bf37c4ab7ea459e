//! A monitor for Node Doctor: are key rings of the kernel nearly full? It serves `npd.external.v1.ExternalMonitor` at a Unix socket.
mod look;
mod monitor;
mod quota;
mod socket;

mod protocol {
    tonic::include_proto!("npd.external.v1");
}

use std::{env, error::Error, path::PathBuf, process::exit, sync::Arc, time::Duration};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::Server;

use protocol::external_monitor_server::ExternalMonitorServer;

/// How long calls that are under way may take once the end was asked for.
const DRAIN: Duration = Duration::from_secs(2);
const USAGE: &str = "usage: key-quota [--socket PATH] [--root FOLDER] [--threshold-percent 1-100]; also by SOCKET, ROOT, THRESHOLD_PERCENT";

/// A flag, the variable that stands for it, or what stands in for both.
fn setting(arguments: &[String], flag: &str, variable: &str, fallback: &str) -> String {
    let given = arguments.chunks(2).rev().find(|pair| pair[0] == flag);
    match given {
        Some(pair) => pair[1].clone(),
        None => env::var(variable)
            .ok()
            .filter(|value| !value.is_empty())
            .unwrap_or_else(|| fallback.into()),
    }
}

struct Settings {
    socket: PathBuf,
    root: PathBuf,
    threshold: u64,
}

fn settings(arguments: &[String]) -> Result<Settings, String> {
    let known = ["--socket", "--root", "--threshold-percent"];
    let strange = arguments.iter().step_by(2).find(|flag| !known.contains(&flag.as_str()));
    if let Some(flag) = strange {
        return Err(format!("{flag} is no option; {USAGE}"));
    }
    if arguments.len() % 2 == 1 {
        return Err(format!("{} has no value; {USAGE}", arguments[arguments.len() - 1]));
    }
    let place = "/run/node-doctor/monitors/key-quota/key-quota.sock";
    let percent = setting(arguments, "--threshold-percent", "THRESHOLD_PERCENT", "80");
    Ok(Settings {
        socket: setting(arguments, "--socket", "SOCKET", place).into(),
        root: setting(arguments, "--root", "ROOT", "/").into(),
        threshold: quota::threshold(&percent).ok_or(format!("threshold-percent: {percent:?}; expected a number from 1 to 100"))?,
    })
}

/// Until SIGTERM, SIGINT, or Stop, which may come more than once.
async fn until_told(stop: Arc<Notify>) -> Result<(), std::io::Error> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = stop.notified() => {}
    }
    eprintln!("ending");
    Ok(())
}

async fn serve(Settings { socket, root, threshold }: Settings) -> Result<(), Box<dyn Error>> {
    let stop = Arc::new(Notify::new());
    let ended = Arc::new(Notify::new());
    let listener = socket::listen(&socket)?;
    eprintln!("listening on {}", socket.display());
    let service = ExternalMonitorServer::new(monitor::Monitor::new(root, threshold, stop.clone()));
    let (told, begun) = (until_told(stop), ended.clone());
    let shutdown = async move {
        if let Err(error) = told.await {
            eprintln!("no signals: {error}");
        }
        begun.notify_one();
    };
    let serving = Server::builder()
        .add_service(service)
        .serve_with_incoming_shutdown(UnixListenerStream::new(listener), shutdown);
    let late = async {
        ended.notified().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        result = serving => result?,
        _ = late => {}
    }
    std::fs::remove_file(&socket).ok();
    Ok(())
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let settings = settings(&arguments).unwrap_or_else(|error| {
        eprintln!("{error}");
        exit(2)
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(serve(settings)));
    if let Err(error) = &result {
        eprintln!("{error}");
    }
    // Not by the end of main: a look that hangs would hold it up.
    exit(if result.is_ok() { 0 } else { 1 });
}
