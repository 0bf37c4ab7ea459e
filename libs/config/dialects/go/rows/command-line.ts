/** Flags and variables of the program itself. Nothing reads these rows but the page that is made of them. */
import type { Status } from '../types.ts'

/** A flag or a variable, and what is typed here in its place. */
export interface WordRow {
  readonly key: string
  readonly status: Status
  /** What is typed here; or why there is none. */
  readonly here: string
}

const PROBES =
  'the files `ready` and `alive` in the folder of each process, or `/healthz` and `/ready` of the http-exporter'
const NO_PROFILES = 'none: no process serves profiles'

/** Of `node-doctor`, the agent. */
export const COMMAND_LINE: readonly WordRow[] = [
  { key: '-config', status: 'works', here: '`--config`' },
  { key: '-version', status: 'works', here: '`node-doctor version`' },
  { key: '-validate-config', status: 'renamed', here: '`node-doctor validate FILE`' },
  { key: '-dump-config', status: 'renamed', here: '`node-doctor validate FILE -o json`, without secrets' },
  { key: '-list-monitors', status: 'renamed', here: '[docs/monitors.md](monitors.md)' },
  { key: '-debug', status: 'renamed', here: '`--log-level debug`' },
  { key: '-dry-run', status: 'renamed', here: '`--set remediation.dryRun=true`' },
  { key: '-log-level', status: 'works', here: '`--log-level`' },
  { key: '-log-format', status: 'works', here: '`--log-format`, `pretty` for `text`' },
  { key: '-enable-profiling', status: 'refused', here: NO_PROFILES },
  { key: '-profiling-port', status: 'refused', here: NO_PROFILES },
  { key: '-health-socket', status: 'refused', here: `none: ${PROBES}` },
  { key: '-healthcheck', status: 'refused', here: `none: ${PROBES}` },
  { key: '-healthcheck-ready', status: 'refused', here: `none: ${PROBES}` },
  { key: 'NODE_NAME', status: 'works', here: '`NODE_NAME`' },
  { key: 'POD_NAME', status: 'works', here: '`POD_NAME`, by which events and notes on the node say whose they are' },
  { key: 'POD_NAMESPACE', status: 'works', here: '`POD_NAMESPACE`, as `POD_NAME`' },
  { key: 'POD_IP', status: 'works', here: '`POD_IP`, handed on to plug-ins' },
]
