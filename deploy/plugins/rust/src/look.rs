//! One look at a time: who asks while one is under way gets the same, so that a look that hangs costs one thread.
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use tokio::sync::watch;

use crate::quota::{self, Quota};

/// What one look found, or why it could not.
pub type Found = Arc<Result<Vec<Quota>, String>>;
type Running = Arc<Mutex<Option<watch::Receiver<Option<Found>>>>>;

pub struct Looker {
    root: PathBuf,
    running: Running,
}

impl Looker {
    pub fn new(root: PathBuf) -> Self {
        Looker {
            root,
            running: Running::default(),
        }
    }

    /// Of the look under way, or of a new one.
    pub async fn look(&self) -> Found {
        let mut seen = self.begin();
        match seen.wait_for(Option::is_some).await {
            Ok(found) => found.clone().expect("it was waited for"),
            Err(_) => Arc::new(Err("the look ended without a word".into())),
        }
    }

    fn begin(&self) -> watch::Receiver<Option<Found>> {
        let mut running = self.running.lock().expect("nothing panics while it holds this");
        if let Some(seen) = running.as_ref() {
            return seen.clone();
        }
        let (tell, seen) = watch::channel(None);
        *running = Some(seen.clone());
        let (root, of) = (self.root.clone(), self.running.clone());
        thread::spawn(move || {
            let found = quota::read(&root);
            *of.lock().expect("nothing panics while it holds this") = None;
            tell.send_replace(Some(Arc::new(found)));
        });
        seen
    }
}
