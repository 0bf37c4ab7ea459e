/** `health-checker`: whether the kubelet, the container runtime or kube-proxy is well; it may end a service that is not. */
import { formatDuration } from '#golang'
import { ask, CommandError } from '../commands.ts'
import { withFlags } from '../flagged.ts'
import type { Tool, ToolAround, ToolResult } from '../tool.ts'
import { endpointOf, isWell } from './endpoint.ts'
import { FLAGS, type Options, optionsOf } from './options.ts'
import { isLogWell, uptimeMs } from './service-log.ts'

const NANOSECONDS_OF_MS = 1_000_000n

function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds / NANOSECONDS_OF_MS)
}

/** Whether a command ends well, whatever it says. */
async function succeeds(
  around: ToolAround,
  file: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<boolean> {
  try {
    await ask(around, file, args, { timeoutMs })
    return true
  } catch (err) {
    if (err instanceof CommandError) return false
    throw err
  }
}

function answers(options: Options, around: ToolAround): Promise<boolean> {
  const { component, crictl, 'cri-timeout': criTimeout, 'cri-socket-path': socket } = options
  const timeoutMs = milliseconds(options['health-check-timeout'])
  switch (component) {
    case 'kubelet':
    case 'kube-proxy':
      return isWell(endpointOf(component, around.env), timeoutMs, around)
    case 'docker':
      return succeeds(around, 'docker', ['ps'], timeoutMs)
    case 'cri': {
      const where = [`--timeout=${formatDuration(criTimeout)}`, `--runtime-endpoint=${socket}`]
      return succeeds(around, crictl, [...where, 'pods', '--latest'], timeoutMs)
    }
  }
}

/** Ends the service, so that it is started anew, once it has run for long enough. @returns what is done, for people */
async function repair({ component, service, 'cooldown-time': cooldown }: Options, around: ToolAround): Promise<string> {
  let runsMs: number
  try {
    runsMs = await uptimeMs(service, around)
  } catch (err) {
    around.signal.throwIfAborted()
    return `error in getting uptime for ${component}: ${(err as Error).message}\n`
  }
  const uptime = `${component} is unhealthy, component uptime: ${formatDuration(BigInt(runsMs) * NANOSECONDS_OF_MS)}\n`
  if (runsMs <= milliseconds(cooldown)) return uptime
  const commands: [string, string[]][] = [
    ...(component === 'docker' ? [['pkill', ['-SIGUSR1', 'dockerd']] as [string, string[]]] : []),
    ['systemctl', ['kill', '--kill-who=main', service]],
  ]
  let said = `${uptime}${component} cooldown period of ${formatDuration(cooldown)} exceeded, repairing\n`
  for (const [file, args] of commands) {
    try {
      await ask(around, file, args)
    } catch (err) {
      around.signal.throwIfAborted()
      said += `Failed to run ${file} ${args.join(' ')}: ${(err as Error).message}\n`
    }
  }
  return said
}

async function check(options: Options, around: ToolAround): Promise<ToolResult> {
  const { component, service, 'enable-repair': repairs } = options
  try {
    const isAnswering = await answers(options, around)
    const isQuiet = await isLogWell(options, around)
    if (isAnswering && isQuiet) return { exitCode: 0, stdout: '', stderr: '' }
  } catch (err) {
    around.signal.throwIfAborted()
    return { exitCode: 2, stdout: `error checking ${component} health: ${(err as Error).message}\n`, stderr: '' }
  }
  const stderr = repairs ? await repair(options, around) : ''
  return { exitCode: 1, stdout: `${component}:${service} was found unhealthy; repair flag : ${repairs}\n`, stderr }
}

/** The program, as a function. */
export const healthChecker: Tool = (words, around) =>
  withFlags('health-checker', FLAGS, words, (parsed) => {
    const options = optionsOf(parsed)
    if (typeof options === 'string') return Promise.resolve({ exitCode: 2, stdout: `${options}\n`, stderr: '' })
    return check(options, around)
  })
