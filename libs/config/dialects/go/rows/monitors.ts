/** `monitors[]` itself. */
import { type Row, refused, renamed, type Section, works } from '../types.ts'

const REPAIR = 'monitors[].remediation'
const ONE_STRATEGY = {
  why: 'a check has one repair',
  instead: 'keep the one that helps, or let a program of yours (custom-script) try them in turn',
}
const NO_WAITING = {
  why: 'how long a repair waits follows from its strategy',
  instead: 'nothing is to be written for that',
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
  refused(`${REPAIR}.priority`, 1, ONE_STRATEGY, [0]),
  refused(`${REPAIR}.gracefulStop`, true, NO_WAITING, [false]),
  refused(`${REPAIR}.waitTimeout`, '30s', NO_WAITING, ['0s']),
  {
    ...renamed(`${REPAIR}.strategies[]`, `${REPAIR}`, [{ strategy: 'flush-dns' }, { strategy: 'flush-dns' }]),
    ...ONE_STRATEGY,
    isStep: true,
  },
]

/** Scope: the whole document; each entry of `monitors` by itself. */
export const MONITORS_SECTION: Section = { title: '3.2.2 monitors', rows }
