/** A monitor that is there is not forgotten. */
export class MonitorPresentError extends Error {
  readonly code = 'MONITOR_PRESENT'
  constructor(name: string, why: string) {
    super(`monitor ${name} cannot be forgotten: ${why}`)
    this.name = 'MonitorPresentError'
  }
}
