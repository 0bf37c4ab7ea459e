//! The three calls of the protocol.
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use prost_types::Timestamp;
use tokio::sync::Notify;
use tonic::{Request, Response, Status};

use crate::look::Looker;
use crate::protocol::external_monitor_server::ExternalMonitor;
use crate::protocol::{self, Condition, ConditionStatus, HealthCheckRequest, MonitorMetadata};
use crate::quota::{self, Verdict};

const NAME: &str = "key-quota";
const CONDITION: &str = "KeyQuotaHigh";
/// How long a look may take before the answer is that nobody knows.
const PATIENCE: Duration = Duration::from_secs(5);
/// Thresholds whose times are kept: a caller may ask by any.
const THRESHOLDS_MAX: usize = 16;

pub struct Monitor {
    root: PathBuf,
    looker: Looker,
    threshold: u64,
    stop: Arc<Notify>,
    said: Mutex<HashMap<u64, (ConditionStatus, Timestamp)>>,
}

impl Monitor {
    pub fn new(root: PathBuf, threshold: u64, stop: Arc<Notify>) -> Self {
        Monitor {
            looker: Looker::new(root.clone()),
            root,
            threshold,
            stop,
            said: Mutex::default(),
        }
    }

    /// The caller's word where it is one: it holds for this answer alone.
    fn threshold_of(&self, parameters: &HashMap<String, String>) -> u64 {
        let Some(text) = parameters.get("threshold_percent") else {
            return self.threshold;
        };
        quota::threshold(text).unwrap_or_else(|| {
            eprintln!("threshold_percent: {text:?} is passed over; expected a number from 1 to 100");
            self.threshold
        })
    }

    /// Since when the status is what it is.
    fn transition(&self, threshold: u64, now: ConditionStatus) -> Timestamp {
        let mut said = self.said.lock().expect("nothing panics while it holds this");
        match said.get(&threshold) {
            Some((status, when)) if *status == now => return *when,
            None if said.len() == THRESHOLDS_MAX => said.clear(),
            _ => {}
        }
        let when = Timestamp::from(SystemTime::now());
        said.insert(threshold, (now, when));
        when
    }
}

#[tonic::async_trait]
impl ExternalMonitor for Monitor {
    async fn check_health(&self, request: Request<HealthCheckRequest>) -> Result<Response<protocol::Status>, Status> {
        let HealthCheckRequest { parameters, sequence } = request.into_inner();
        eprintln!("CheckHealth called (sequence: {sequence})");
        let threshold = self.threshold_of(&parameters);
        // Where the caller's deadline passes first, tonic ends the call.
        let verdict = match tokio::time::timeout(PATIENCE, self.looker.look()).await {
            Ok(found) => quota::judge(&found, threshold),
            Err(_) => quota::unknown(format!("a look at {} has not ended", self.root.display())),
        };
        let Verdict { status, reason, message } = verdict;
        let condition = Condition {
            r#type: CONDITION.into(),
            status: status.into(),
            transition: Some(self.transition(threshold, status)),
            reason: reason.into(),
            message,
        };
        Ok(Response::new(protocol::Status {
            source: NAME.into(),
            events: vec![],
            conditions: vec![condition],
        }))
    }

    async fn get_metadata(&self, _: Request<()>) -> Result<Response<MonitorMetadata>, Status> {
        Ok(Response::new(MonitorMetadata {
            name: NAME.into(),
            version: "1.0.0".into(),
            description: "Room that users have for keys of the kernel".into(),
            supported_conditions: vec![CONDITION.into()],
            capabilities: HashMap::from([("threshold_percent".into(), "true".into())]),
            api_version: "v1".into(),
        }))
    }

    /// Answers first, and ends then.
    async fn stop(&self, _: Request<()>) -> Result<Response<()>, Status> {
        self.stop.notify_one();
        Ok(Response::new(()))
    }
}
