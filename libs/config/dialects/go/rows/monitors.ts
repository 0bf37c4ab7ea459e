/** `monitors[]` itself. */
import { type Row, refused, type Section, works } from '../types.ts'

const REPAIR = 'monitors[].remediation'
const NO_STOPPING = {
  why: 'how a unit is stopped says the unit',
  instead: 'set TimeoutStopSec in it',
}
const NO_WAITING = {
  why: 'systemd is waited for until its job is done',
  instead: 'write timeout, which is how long one attempt may take',
}

const rows: readonly Row[] = [
  works('monitors[].name', 'cpu'),
  works('monitors[].type', 'system-cpu'),
  works('monitors[].enabled', false),
  works('monitors[].interval', '30s'),
  works('monitors[].timeout', '10s'),
  works('monitors[].config', { warningLoadFactor: 0.8 }),
  works('monitors[].dependsOn', []),
  works(`${REPAIR}.enabled`, true),
  works(`${REPAIR}.strategy`, 'flush-ipv6-route'),
  refused(`${REPAIR}.action`, 'restart', { why: 'what is done says the strategy', instead: 'write strategy' }),
  works(`${REPAIR}.service`, 'kubelet'),
  works(`${REPAIR}.scriptPath`, '/opt/repair/clear.sh'),
  works(`${REPAIR}.interface`, 'eth0'),
  works(`${REPAIR}.args[]`, 'now'),
  works(`${REPAIR}.cooldown`, '5m'),
  works(`${REPAIR}.maxAttempts`, 3),
  refused(
    `${REPAIR}.priority`,
    1,
    {
      why: 'the strategy of the check itself has its turn first',
      instead: 'write it in strategies, whose lowest has its turn first',
    },
    [0],
  ),
  refused(`${REPAIR}.gracefulStop`, true, NO_STOPPING, [false]),
  refused(`${REPAIR}.waitTimeout`, '30s', NO_WAITING, ['0s']),
  works(`${REPAIR}.strategies[]`, { strategy: 'flush-dns', priority: 2 }),
]

/** Scope: the whole document; each entry of `monitors` by itself. */
export const MONITORS_SECTION: Section = { title: '3.2.2 monitors', rows }
