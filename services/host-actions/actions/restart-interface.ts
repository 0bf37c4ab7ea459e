import { HostReadError } from '#host'
import { interfaceCommands } from '../interface/commands.ts'
import { endedOf, runProgram } from '../program/ended.ts'
import { nameOf } from './target.ts'
import type { Action, Ended, Tools } from './types.ts'

/** Linux's names, less what means something to anybody. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,14}$/
/** include/uapi/linux/if.h */
const IFF_UP = 1
const NO_IP = 'the host has no ip (iproute2)'

async function refusal(name: string, { host, acts, apiServers }: Tools): Promise<string> {
  if (!NAME.test(name)) return 'no interface has such a name'
  if (name === 'lo') return 'lo is the machine itself'
  try {
    if (!(await host.files.exists(`/sys/class/net/${name}`))) return `there is no interface ${name}`
    const servers = await apiServers()
    if (servers === undefined) return ''
    return (await acts.waysTo(servers)).has(name) ? `${name} is the way to the API server` : ''
  } catch (err) {
    // What may be the way is not taken down.
    if (err instanceof HostReadError) return `by which interface the API server is reached is not known: ${err.message}`
    throw err
  }
}

/** Whether it is up, whatever its program said. */
async function isUp(name: string, { host }: Tools): Promise<boolean> {
  const flags = await host.files.readText(`/sys/class/net/${name}/flags`)
  return (Number(flags.trim()) & IFF_UP) !== 0
}

async function judged(ended: Ended, name: string, tools: Tools): Promise<Ended> {
  try {
    if (await isUp(name, tools)) return ended
    return { ...ended, outcome: 'failed', message: `${name} is down: ${ended.message}` }
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
    const end = await runProgram(attempt, tools, interfaceCommands(ip, name, prefix))
    const ended = endedOf(end, `restart of ${name}`)
    return end.kind === 'refused' ? ended : judged(ended, name, tools)
  },
}
