/** What flags do. */
import type { Case, World } from '../types.ts'
import { DEADLOCK, PLUGIN, temporary } from './log-lines.ts'

const CONFIG = { ...PLUGIN, conditions: [DEADLOCK], rules: [temporary('OOMKilling', 'Killed process \\d+ (.+)')] }
const OTHER = { ...CONFIG, source: 'other-monitor', conditions: [{ ...DEADLOCK, type: 'OtherDeadlock' }] }

/** So long nothing more is told. */
const QUIET_MS = 1200

/** Conditions of these types, and then nothing. */
function telling(...types: readonly string[]): (world: World) => Promise<void> {
  return async (world) => {
    await world.until(({ conditions }) => types.every((type) => conditions[type] !== undefined))
    await world.pass(QUIET_MS)
  }
}

async function counting(world: World): Promise<void> {
  await world.untilMetrics((text) => text.includes('# TYPE problem_counter '))
  await world.pass(QUIET_MS)
}

const BOTH: Partial<Case> = { steps: telling('KernelDeadlock', 'OtherDeadlock') }

function flagCase(name: string, flags: readonly string[], more: Partial<Case> = {}): Case {
  const files = { 'monitor.json': CONFIG, 'other.json': OTHER, 'kern.log': '' }
  return { name: `flags: ${name}`, files, flags, steps: telling('KernelDeadlock'), ...more }
}

const LOG = '--config.system-log-monitor={folder}/monitor.json'

/** Cases of flags. */
export function flagCases(): readonly Case[] {
  return [
    flagCase('the older name of an option is the same', ['--system-log-monitors={folder}/monitor.json']),
    flagCase('the older and the newer name together are refused', [LOG, '--system-log-monitors={folder}/other.json']),
    flagCase('several files with commas', [`${LOG},{folder}/other.json`], BOTH),
    flagCase('an option that is repeated', [LOG, '--config.system-log-monitor={folder}/other.json'], BOTH),
    flagCase('a file that is named twice counts once', [LOG, LOG]),
    flagCase('a value behind a space', ['--config.system-log-monitor', '{folder}/monitor.json']),
    flagCase('without the exporter for Kubernetes nothing is written there', [LOG, '--enable-k8s-exporter=false'], {
      steps: counting,
    }),
    flagCase('without any exporter there is nothing to do', [
      LOG,
      '--enable-k8s-exporter=false',
      '--prometheus-port=0',
    ]),
    flagCase('a port of 0 is none', [LOG, '--port=0']),
    flagCase('no port for metrics', [LOG, '--prometheus-port=0']),
    flagCase('the name of the node from the environment comes after the flag', [LOG], { env: { NODE_NAME: 'other' } }),
    flagCase('an address by its name', [LOG, '--address=localhost', '--prometheus-address=localhost']),
    flagCase('no address is every address', [LOG, '--address=', '--prometheus-address=']),
    flagCase('a rate of 0 is that of the client', [LOG, '--kube-api-qps=0', '--kube-api-burst=0']),
    flagCase('a rate below 0 is none', [LOG, '--kube-api-qps=-1', '--kube-api-burst=-1']),
    flagCase('a burst of 0 is refused', [LOG, '--kube-api-burst=0']),
    flagCase('a heartbeat of nothing', [LOG, '--k8s-exporter-heartbeat-period=0']),
    flagCase('a port that is none', [LOG, '--port=99999']),
    flagCase('flags of klog are taken', [LOG, '--logtostderr', '--v=2', '--vmodule=a=1']),
    flagCase(
      'a log that is not there stops its monitor alone',
      [LOG, '--config.system-log-monitor={folder}/other.json'],
      {
        files: { 'monitor.json': CONFIG, 'other.json': { ...OTHER, logPath: '{folder}/none.log' }, 'kern.log': '' },
        // A file that is made later is read; until then it is said that nothing is known.
        allowed: [
          { at: 'end', by: 'stops' },
          { at: 'shown', by: 'B15' },
          { at: 'conditions.OtherDeadlock', by: 'B15' },
        ],
      },
    ),
    flagCase('no log of any monitor is the end', [LOG], {
      files: { 'monitor.json': CONFIG },
      allowed: [{ at: '', by: 'B15' }],
    }),
  ]
}
