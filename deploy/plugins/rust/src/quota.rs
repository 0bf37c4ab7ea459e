//! What each user has of the kernel's room for keys: /proc/key-users. A container takes a key; where there is no room, none starts.
use std::fs;
use std::path::Path;

use crate::protocol::ConditionStatus;

/// Users that a message names; the others are counted.
const NAMED: usize = 3;

#[derive(Clone, Debug, PartialEq)]
pub struct Quota {
    uid: u64,
    keys: u64,
    keys_max: u64,
    bytes: u64,
    bytes_max: u64,
}

impl Quota {
    /// Of what is nearer to its limit. A limit of 0 lets nobody have any.
    fn percent(&self) -> u64 {
        let of = |used: u64, limit: u64| used.saturating_mul(100).checked_div(limit).unwrap_or(100);
        of(self.keys, self.keys_max).max(of(self.bytes, self.bytes_max))
    }
}

#[derive(Debug, PartialEq)]
pub struct Verdict {
    pub status: ConditionStatus,
    pub reason: &'static str,
    pub message: String,
}

pub fn threshold(text: &str) -> Option<u64> {
    text.parse().ok().filter(|percent| (1..=100).contains(percent))
}

fn ratio(text: &str) -> Option<(u64, u64)> {
    let (used, limit) = text.split_once('/')?;
    Some((used.parse().ok()?, limit.parse().ok()?))
}

/// `    0:    67 66/66 54/1000000 1026/25000000`: user, references, keys, keys and bytes that count of those allowed.
fn parse_line(line: &str) -> Option<Quota> {
    let (uid, rest) = line.split_once(':')?;
    let words: Vec<&str> = rest.split_whitespace().collect();
    let [_, _, keys, bytes] = words.as_slice() else { return None };
    let ((keys, keys_max), (bytes, bytes_max)) = (ratio(keys)?, ratio(bytes)?);
    Some(Quota {
        uid: uid.trim().parse().ok()?,
        keys,
        keys_max,
        bytes,
        bytes_max,
    })
}

pub fn parse(text: &str) -> Result<Vec<Quota>, String> {
    let line_of = |line: &str| parse_line(line).ok_or_else(|| format!("{:?} is no line of it", line.chars().take(60).collect::<String>()));
    let quotas = text.lines().map(line_of).collect::<Result<Vec<_>, _>>()?;
    // The kernel's own user is always there.
    if quotas.is_empty() { Err("it is empty".into()) } else { Ok(quotas) }
}

pub fn read(root: &Path) -> Result<Vec<Quota>, String> {
    let path = root.join("proc/key-users");
    let text = fs::read_to_string(&path).map_err(|error| error.to_string());
    text.and_then(|text| parse(&text))
        .map_err(|error| format!("{}: {error}", path.display()))
}

pub fn unknown(message: String) -> Verdict {
    Verdict {
        status: ConditionStatus::Unknown,
        reason: "KeyQuotaNotSeen",
        message,
    }
}

/// Pure. The fullest first, and by user where they are equally full: the same words for the same state, in any order of lines.
pub fn judge(found: &Result<Vec<Quota>, String>, threshold: u64) -> Verdict {
    let quotas = match found {
        Ok(quotas) => quotas,
        Err(error) => return unknown(error.clone()),
    };
    let mut full: Vec<&Quota> = quotas.iter().filter(|quota| quota.percent() >= threshold).collect();
    full.sort_by_key(|quota| (u64::MAX - quota.percent(), quota.uid));
    if full.is_empty() {
        let message = format!("every user has less than {threshold} % of the keys that they may have");
        return Verdict {
            status: ConditionStatus::False,
            reason: "KeyQuotaFree",
            message,
        };
    }
    let named: Vec<String> = full.iter().take(NAMED).map(|quota| describe(quota)).collect();
    let more = if full.len() > NAMED {
        format!(", and {} more", full.len() - NAMED)
    } else {
        String::new()
    };
    let message = format!("{}{more}; raise kernel.keys.maxkeys and kernel.keys.maxbytes", named.join(", "));
    Verdict {
        status: ConditionStatus::True,
        reason: "KeyQuotaNearLimit",
        message,
    }
}

fn describe(
    Quota {
        uid,
        keys,
        keys_max,
        bytes,
        bytes_max,
    }: &Quota,
) -> String {
    format!("user {uid} has {keys} of {keys_max} keys and {bytes} of {bytes_max} bytes")
}
