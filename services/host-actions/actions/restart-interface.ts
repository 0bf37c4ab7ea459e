import { HostReadError } from '#host'
import { interfaceCommands } from '../interface/commands.ts'
import { interfaceFault, interfaceStanding } from '../interface/standing.ts'
import { endedOf, runProgram } from '../program/ended.ts'
import { nameOf } from './target.ts'
import type { Action, Attempt, Ended, Note, Tools } from './types.ts'

/** Linux's names, less what means something to anybody. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,14}$/
/** A cable is found again, and routes come back, within this. */
const BACK_MS = 5_000
const LOOK_MS = 250
const UNKNOWN_WAY = 'by which interface the API server is reached is not known'
const NO_IP = 'the host has no ip (iproute2)'

async function refusal(name: string, { host, acts, apiServers }: Tools): Promise<string> {
  if (!NAME.test(name)) return 'no interface has such a name'
  if (name === 'lo') return 'lo is the machine itself'
  try {
    if (!(await host.files.exists(`/sys/class/net/${name}`))) return `there is no interface ${name}`
    const servers = await apiServers()
    if (servers === undefined) return ''
    if (servers.kind === 'unknown') return `${UNKNOWN_WAY}: ${servers.why}`
    return (await acts.waysTo(servers.addresses)).has(name) ? `${name} is the way to the API server` : ''
  } catch (err) {
    // What may be the way is not taken down.
    if (err instanceof HostReadError) return `${UNKNOWN_WAY}: ${err.message}`
    throw err
  }
}

/** How it stands before; or why nobody can tell. */
async function stands(name: string, tools: Tools): Promise<Note | string> {
  try {
    return await interfaceStanding(name, tools)
  } catch (err) {
    if (err instanceof HostReadError) return err.message
    throw err
  }
}

/** Reads back whether it is up with all that it had, whatever its program said. */
async function judged(ended: Ended, before: Note, { act, signal }: Attempt, tools: Tools): Promise<Ended> {
  const name = nameOf(act.target)
  const endMs = tools.clock.monotonicMs() + BACK_MS
  try {
    for (;;) {
      const fault = interfaceFault(name, before, await interfaceStanding(name, tools))
      if (fault === '') return ended
      if (tools.clock.monotonicMs() >= endMs)
        return { ...ended, outcome: 'failed', message: `${fault}: ${ended.message}` }
      await tools.clock.sleep(LOOK_MS, signal)
    }
  } catch (err) {
    if (err instanceof HostReadError) return { ...ended, outcome: 'failed', message: err.message }
    throw err
  }
}

export const restartInterface: Action = {
  strategy: 'restart-interface',
  description: 'Takes a network interface down and up again, with its routes',
  unavailable: async ({ acts }) => ((await acts.programs.find('ip')) === undefined ? NO_IP : ''),
  refusal: ({ target }, tools) => refusal(nameOf(target), tools),
  async run(attempt, tools) {
    const name = nameOf(attempt.act.target)
    const ip = await tools.acts.programs.find('ip')
    if (ip === undefined) return { outcome: 'declined', message: NO_IP }
    const prefix = tools.acts.programs.prefixOf(attempt.id)
    const before = attempt.recalled ?? (await stands(name, tools))
    if (typeof before === 'string') return { outcome: 'declined', message: before }
    const end = await runProgram(attempt, tools, interfaceCommands(ip, name, prefix), before)
    const ended = endedOf(end, `restart of ${name}`)
    return end.kind === 'refused' ? ended : judged(ended, before, attempt, tools)
  },
}
