/** The systemd of the host, told what to do over its system bus. */
import type { BusAnswer, BusConnection } from '../units/bus/connection.ts'
import { BusMalformedError } from '../units/bus/errors.ts'
import type { BusBody, BusMessage } from '../units/bus/message.ts'
import { type BusSaid, returned, SYSTEMD, type SystemBus, unknown } from '../units/system-bus.ts'
import { unitName, unitPath } from '../units/unit-path.ts'
import { propertiesOf, standingOf } from './standing.ts'
import { propertiesOfTransient } from './transient.ts'
import type { JobEnd, JobVerb, Systemd, UnitStanding } from './types.ts'

const MANAGER = { destination: SYSTEMD, path: '/org/freedesktop/systemd1', interface: `${SYSTEMD}.Manager` } as const
const BUS = { destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' }
const JOB_REMOVED = `type='signal',sender='${SYSTEMD}',interface='${SYSTEMD}.Manager',member='JobRemoved'`
const UNIT_EXISTS = `${SYSTEMD}.UnitExists`
/** Of the time for a job so much is left for its question itself. */
const ASK_MS = 5_000

const METHODS: Readonly<Record<JobVerb, string>> = {
  start: 'StartUnit',
  stop: 'StopUnit',
  restart: 'RestartUnit',
  reload: 'ReloadUnit',
}

/** What a signal of the manager says of a job: its object, and how it ended. */
function removedJob({ member, body }: BusMessage): readonly [string, string] | undefined {
  const [, job, , result] = body
  return member === 'JobRemoved' && typeof job === 'string' && typeof result === 'string' ? [job, result] : undefined
}

/** Ends of jobs, also of those whose name is not known yet. Anybody on the bus may send us a signal: only systemd is believed. */
function createJobEnds() {
  const ended = new Map<string, string>()
  const waiting = new Map<string, (result: string) => void>()
  let manager: string | undefined
  let wanted: string | undefined
  return {
    /** @param owner systemd's name on this bus: what came before is not believed */
    believe(owner: string): void {
      manager = owner
    },
    hear(message: BusMessage): void {
      const isManager =
        message.sender === manager && message.path === MANAGER.path && message.interface === MANAGER.interface
      const [job, result] = (isManager && removedJob(message)) || []
      if (job === undefined || result === undefined || (wanted ?? job) !== job) return
      ended.set(job, result)
      waiting.get(job)?.(result)
    },
    of(job: string): Promise<string> {
      wanted = job
      const result = ended.get(job)
      ended.clear()
      return result === undefined ? new Promise((over) => waiting.set(job, over)) : Promise.resolve(result)
    },
  }
}

async function standing(bus: BusConnection, name: string): Promise<UnitStanding> {
  const all = (of: string): Promise<BusAnswer> =>
    bus.call({
      destination: SYSTEMD,
      path: unitPath(name),
      interface: 'org.freedesktop.DBus.Properties',
      member: 'GetAll',
      args: [of],
    })
  const [unit, service] = await Promise.all([
    all(`${SYSTEMD}.Unit`),
    name.endsWith('.service') ? all(`${SYSTEMD}.Service`) : undefined,
  ])
  return standingOf(propertiesOf(returned(unit)), service === undefined ? new Map() : propertiesOf(returned(service)))
}

/** Asks for a unit by its whole name, where it has one. */
function named<Value>(
  what: string,
  name: string,
  ask: (what: string, whole: string) => Promise<BusSaid<Value>>,
): Promise<BusSaid<Value>> {
  const whole = unitName(name)
  const said = `${what} ${whole ?? JSON.stringify(name.slice(0, 200))}`
  return whole === undefined ? Promise.resolve(unknown(said, 'refused', 'no unit has such a name')) : ask(said, whole)
}

/** @param systemBus of the machine that is acted on */
export function createSystemd(systemBus: SystemBus): Systemd {
  /** Queues what makes a job, and waits for its end. */
  async function queued(
    what: string,
    { member, body }: { readonly member: string; readonly body: BusBody },
    { timeoutMs = ASK_MS, signal }: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<BusSaid<JobEnd>> {
    const ends = createJobEnds()
    let isSent = false
    let isAccepted = false
    const said = await systemBus.ask(
      what,
      { timeoutMs, onSignal: ends.hear, ...(signal && { signal }) },
      async (bus) => {
        const [owner] = returned(await bus.call({ ...BUS, member: 'GetNameOwner', args: [SYSTEMD] }))
        if (typeof owner !== 'string') throw new BusMalformedError('the bus names no systemd')
        ends.believe(owner)
        isSent = true
        const heard = Promise.all([
          bus.call({ ...BUS, member: 'AddMatch', args: [JOB_REMOVED] }).then(returned),
          bus.call({ ...MANAGER, member: 'Subscribe' }).then(returned),
        ])
        // Looked at below: who refuses to tell its end has not refused the job.
        heard.catch(() => undefined)
        const [job] = returned(await bus.call({ ...MANAGER, member, body }))
        if (typeof job !== 'string') throw new BusMalformedError('systemd names no job')
        isAccepted = true
        await heard
        // Nothing else is asked over this connection: its end is the one word that is missing here.
        return { result: await Promise.race([ends.of(job), bus.ended.then((err) => Promise.reject(err))]) }
      },
    )
    if (said.kind === 'said') return said
    if (isAccepted) return { kind: 'said', value: { result: said.reason === 'hung' ? 'running' : 'unheard' } }
    // Its answer was not heard, whatever kept us from hearing it: it may have taken the job.
    const isOpen = said.errorName === '' || said.reason === 'hung' || said.reason === 'closed'
    return isSent && isOpen ? { kind: 'said', value: { result: 'unheard' } } : said
  }

  return {
    standing: (name, options = {}) =>
      named('ask systemd for', name, (what, whole) => systemBus.ask(what, options, (bus) => standing(bus, whole))),
    job: (verb, name, options) =>
      named(verb, name, (what, whole) =>
        queued(what, { member: METHODS[verb], body: { signature: 'ss', values: [whole, 'replace'] } }, options),
      ),
    resetFailed: (name, options = {}) =>
      named('forget the failure of', name, (what, whole) =>
        systemBus.ask(what, options, async (bus) => {
          returned(await bus.call({ ...MANAGER, member: 'ResetFailedUnit', args: [whole] }))
        }),
      ),
    async startTransient(unit, options = {}) {
      const values = [unit.name, 'fail', propertiesOfTransient(unit), []]
      const call = { member: 'StartTransientUnit', body: { signature: 'ssa(sv)a(sa(sv))', values } }
      const said = await named('start', unit.name, (what) => queued(what, call, options))
      if (said.kind === 'said') return { kind: 'said', value: true }
      return said.errorName === UNIT_EXISTS ? { kind: 'said', value: false } : said
    },
  }
}
