/** Holds a plug-in to the protocols that it speaks. */
import { resolve } from 'node:path'
import { parseDurationMs } from '#config'
import { deniedWords, probeSocket } from '#rpc'
import { type Command, OUTPUT_OPTION, textOf, type Values, wantsJson } from '../command.ts'
import { CliUsageError, EXIT_USAGE, type Refusal } from '../errors.ts'
import { complain, inLine, say, sayJson } from '../print.ts'
import { examine, examineActions, socketAt } from './examine.ts'
import { renderReport } from './report.ts'
import { judgeActions, judgeAll } from './rules.ts'
import type { Asked } from './types.ts'

const EXIT_BROKEN = 1
const TIMEOUT_MS = 10_000
const IDLE_MS = 2000

function durationOf(values: Values, name: string, otherwise: number): number {
  const text = textOf(values, name)
  const ms = text === undefined ? otherwise : parseDurationMs(text)
  if (ms === undefined || ms <= 0)
    throw new CliUsageError(`conformance: --${name} ${text}: expected a duration, such as 10s or 500ms`)
  return ms
}

function parametersOf(values: Values): Record<string, string> {
  const pairs = values['parameters']
  const entries = (Array.isArray(pairs) ? pairs : []).map((pair) => {
    const [name = '', ...rest] = String(pair).split('=')
    if (name === '' || rest.length === 0)
      throw new CliUsageError(
        `conformance: --parameters ${pair}: expected NAME=VALUE, for example --parameters temperature_threshold=85`,
      )
    return [name, rest.join('=')] as const
  })
  return Object.fromEntries(entries)
}

/** The command line as it is asked. @throws CliUsageError */
function askedBy(values: Values, socket: string): Asked {
  if (socket.trim() === '')
    throw new CliUsageError('conformance: expected the path of a socket, such as /var/run/npd/gpu-monitor.sock')
  return {
    socket: resolve(socket.replace(/^unix:(?:\/\/)?/, '')),
    timeoutMs: durationOf(values, 'timeout', TIMEOUT_MS),
    idleMs: durationOf(values, 'idle', IDLE_MS),
    parameters: parametersOf(values),
    stop: values['stop'] === true,
    restart: textOf(values, 'restart'),
    runs: textOf(values, 'runs'),
  }
}

/** Why nobody can be asked there; undefined: somebody listens. */
async function noConnection(path: string): Promise<Refusal | undefined> {
  const file = await socketAt(path).catch(() => undefined)
  if (file === undefined)
    return {
      code: 'NO_SOCKET',
      message: `there is no socket ${path}`,
      advice: 'Start the plug-in, or name its socket.',
    }
  if (file.kind === 'other')
    return {
      code: 'NO_SOCKET',
      message: `${path} is no socket`,
      advice: 'Name the socket that the plug-in listens on.',
    }
  const found = await probeSocket(path)
  if (found === 'answered') return undefined
  if (found === 'nobody')
    return { code: 'NO_ANSWER', message: `nobody listens on ${path}`, advice: 'It was left there: start the plug-in.' }
  const message = `no permission to connect to ${path}: ${deniedWords(path)}`
  return { code: 'NOT_ALLOWED', message, advice: 'Ask as root, or as the user that started the plug-in.' }
}

const HELP = `Usage: node-doctor conformance SOCKET [--timeout DURATION] [--idle DURATION] [--parameters NAME=VALUE …]
                               [--stop] [--restart COMMAND] [--runs NAME] [-o json]

Holds a plug-in to the protocols that it speaks on its Unix socket, npd.external.v1, nodedoctor.v1 or both, and says rule by rule
what holds, what is broken, and what to do. One that carries out actions (nodedoctor.v1.ActionRunner) is held to that. A must is what the detector, or node-problem-detector, takes a plug-in by; a should
is what people miss without. Ask a plug-in that no detector watches meanwhile: events are taken from it, and reports acknowledged.

Options:
  --timeout DURATION       longest answer of one call, as the configuration of the plug-in has it [10s]
  --idle DURATION          how long its connection is left alone once [2s]
  --parameters NAME=VALUE  a parameter of CheckHealth, as pluginParameters has it; any number of them. Absurd values are tried
                           under these names too
  --stop                   calls Stop, twice at once, which ends the plug-in; without it these rules are skipped
  --restart COMMAND        a command line of the shell that starts the plug-in anew; after --stop it has to take over a socket
                           that nobody listens on
  --runs NAME              an action of the plug-in that does no harm: it is done, once, by who keeps the rules, and up to
                           six times by who does not; its process is stopped (SIGSTOP) for 0.4 s
  -o json                  { socket, rules: [{ id, level, result, detail }] }; level is must or should, result pass, fail or skip

Exit code: 0 all musts hold, 1 not all do, 2 wrong command line, or no connection.`

export const conformance: Command = {
  name: 'conformance',
  summary: 'holds a plug-in to its protocol, and says rule by rule what holds',
  help: HELP,
  options: {
    ...OUTPUT_OPTION,
    timeout: { type: 'string' },
    idle: { type: 'string' },
    parameters: { type: 'string', multiple: true },
    stop: { type: 'boolean' },
    restart: { type: 'string' },
    runs: { type: 'string' },
  },
  positionals: 1,
  async run(values, [socket = ''], clock) {
    const json = wantsJson(values)
    const asked = askedBy(values, socket)
    const refusal = await noConnection(asked.socket)
    if (refusal !== undefined) {
      if (json) sayJson({ error: { ...refusal, socket: asked.socket } })
      else complain(`${inLine(refusal.message)}\n${refusal.advice}`)
      return EXIT_USAGE
    }
    // Before anything that may end it.
    const actions = await examineActions(asked, clock)
    const facts = await examine(asked, clock)
    const rules = actions === undefined ? judgeAll(facts) : judgeActions(facts, actions)
    if (json) sayJson({ socket: asked.socket, rules }, 2)
    else say(renderReport(asked.socket, rules))
    return rules.some(({ level, result }) => level === 'must' && result === 'fail') ? EXIT_BROKEN : 0
  },
}
