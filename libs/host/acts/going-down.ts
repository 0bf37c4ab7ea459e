/** Whether the machine is going down, whoever asked for it: then nothing is begun on it, and what it has stopped is no fault. */
import type { BusConnection } from '../units/bus/connection.ts'
import { returned, SYSTEMD, type SystemBus } from '../units/system-bus.ts'

/** Whoever decides about a repair waits for 3 s: what a bus that hangs keeps from him is no more than this answer. */
const ASK_MS = 2_000

const LOGIND = 'org.freedesktop.login1'
const GET = { interface: 'org.freedesktop.DBus.Properties', member: 'Get' }
/** "stopping" from when `shutdown.target` is queued, which every end of a machine pulls in; also while the start has not ended yet. */
const STATE = {
  ...{ destination: SYSTEMD, path: '/org/freedesktop/systemd1' },
  args: [`${SYSTEMD}.Manager`, 'SystemState'],
}
/** From before that: while who delays a shutdown, as the kubelet does, has its time. */
const PREPARING = {
  ...{ destination: LOGIND, path: '/org/freedesktop/login1' },
  args: [`${LOGIND}.Manager`, 'PreparingForShutdown'],
}

async function asked(bus: BusConnection): Promise<string> {
  const [state] = returned(await bus.call({ ...GET, ...STATE }))
  if (state === 'stopping') return 'the machine is going down: systemd stops it'
  const preparing = await bus.call({ ...GET, ...PREPARING })
  // Without a logind there is nobody who prepares anything.
  const isPreparing = preparing.kind === 'returned' && preparing.values[0] === true
  return isPreparing ? 'the machine is going down: logind prepares its shutdown' : ''
}

/**
 * Why nothing is to be begun on this machine any more, in one line; "": it is not going down, or nobody says so. A shutdown that is
 * scheduled for later does not count before its time has come. It waits for 2 s at most, and never throws for what the bus does.
 */
export async function whyGoingDown(systemBus: SystemBus): Promise<string> {
  const said = await systemBus.ask('ask whether the machine is going down', { timeoutMs: ASK_MS }, asked)
  return said.kind === 'said' ? said.value : ''
}
