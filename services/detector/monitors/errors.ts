/** Everything that goes wrong between the detector and a monitor, in words for the monitor's author. */

/** A monitor that is there is not forgotten. */
export class MonitorPresentError extends Error {
  readonly code = 'MONITOR_PRESENT'
  constructor(name: string, why: string) {
    super(`monitor ${name} cannot be forgotten: ${why}`)
    this.name = 'MonitorPresentError'
  }
}

/** Nobody is at the other end: no file, no listener, or the connection ended. It may be back at once. */
export class MonitorGoneError extends Error {
  readonly code = 'UNAVAILABLE'
  /** Somebody took the connection before it ended, or lets nobody in: a failure of theirs, where nobody at all is none. */
  readonly wasThere: boolean
  constructor(message: string, { wasThere } = { wasThere: false }) {
    super(message)
    this.name = 'MonitorGoneError'
    this.wasThere = wasThere
  }
}

/** Who listens is not the monitor of ours that the place is for: that one is gone from there. */
export class AnotherMonitorError extends MonitorGoneError {
  constructor({ name, socket }: { readonly name: string; readonly socket: string }) {
    super(
      `who listens on ${socket} does not describe itself as Node Doctor's own monitor ${name}; give that plug-in another name, or take it away`,
      { wasThere: true },
    )
    this.name = 'AnotherMonitorError'
  }
}

/** Another process has the socket than the one that was asked: one that was started anew has not failed. */
export class MonitorAnewError extends MonitorGoneError {
  constructor() {
    super('it was started anew', { wasThere: true })
    this.name = 'MonitorAnewError'
  }
}

/** Somebody is there and gave no answer, or one that cannot be taken. `code` is gRPC's word. */
export class MonitorAnswerError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.name = 'MonitorAnswerError'
    this.code = code
  }
}

/** A monitor whose stream is open and silent hangs. */
export class MonitorSilentError extends Error {
  readonly code = 'MONITOR_SILENT'
  constructor(ms: number) {
    super(`no report and no heartbeat for ${Math.round(ms / 1000)} s`)
    this.name = 'MonitorSilentError'
  }
}

/** The detector itself failed at a report: no fault of its monitor, which keeps the report and tells it again. */
export class ReportNotTakenError extends Error {
  readonly code = 'REPORT_NOT_TAKEN'
  constructor(sequence: number, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(`the detector could not take its report ${sequence}, by a fault of its own: ${why}; it is not acknowledged`, {
      cause,
    })
    this.name = 'ReportNotTakenError'
  }
}

/** A plug-in that is polled is one check, by its own name. */
export class NoSuchCheckError extends Error {
  readonly code = 'NO_SUCH_CHECK'
  constructor(check: string, monitor: string) {
    super(
      `${monitor} speaks npd.external.v1, in which it is one check, ${monitor}; there is no ${JSON.stringify(check)}`,
    )
    this.name = 'NoSuchCheckError'
  }
}

/** Who has failed is asked again by its own policy, and not because somebody asks for it. */
export class FailingMonitorError extends Error {
  readonly code = 'FAILING_MONITOR'
  constructor(cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(`it has failed, and is asked again when its retryPolicy says so: ${why}`, { cause })
    this.name = 'FailingMonitorError'
  }
}
