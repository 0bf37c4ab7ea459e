import { z } from 'zod'
import { absolutePath, duration } from './kinds.ts'

/** `settings`: what holds for every process. */
export const settings = z.strictObject({
  nodeName: z
    .string()
    .regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/)
    .meta({ what: 'the name of a node', sample: 'worker-1', defaultText: '`NODE_NAME`, else the host’s name' })
    .optional()
    .describe(
      'Name of the Kubernetes node. A reference to a variable that is not set falls back to the host’s name, with a note',
    ),
  updateInterval: duration({ min: '1s', max: '24h' })
    .optional()
    .describe(
      'Interval of every check that names none; of a type that by itself runs less often than once a minute only where this is longer',
    )
    .meta({ defaultText: 'each check’s own' }),
  enableRemediation: z
    .boolean()
    .optional()
    .describe('Main switch of repairs: false keeps all of them off, whatever else is written')
    .meta({ defaultText: '`remediation.enabled`' }),
  dryRunMode: z
    .boolean()
    .default(false)
    .describe('Repairs are only told, never done; the same as `remediation.dryRun`'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least level that is logged'),
  logFormat: z
    .enum(['json', 'pretty'])
    .optional()
    .describe('Lines for machines or for people')
    .meta({ defaultText: '`pretty` on a terminal, else `json`' }),
  runDir: absolutePath('/run/node-doctor')
    .optional()
    .describe(
      'Sockets, credentials and the bus’s store; emptied by a reboot. At most 70 bytes, a limit of Unix sockets',
    )
    .meta({ defaultText: '`/run/node-doctor`; without root `$XDG_RUNTIME_DIR/node-doctor`' }),
  stateDir: absolutePath('/var/lib/node-doctor')
    .optional()
    .describe('What survives a reboot: open problems, the page’s history, how far logs were read')
    .meta({ defaultText: '`/var/lib/node-doctor`; without root `~/.local/state/node-doctor`' }),
  hostRoot: z
    .string()
    .max(4096)
    .regex(/^(?:\/[^\0]*)?$/)
    .meta({ what: 'an absolute path or ""', sample: '/host' })
    .default('')
    .describe('Where the host’s root is mounted, in a container; empty on the host itself'),
  kubeconfig: absolutePath('/etc/kubernetes/kubelet.conf')
    .optional()
    .describe('Access to the API server from outside of a pod')
    .meta({ defaultText: 'the pod’s own account' }),
})
