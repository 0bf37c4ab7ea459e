import { z } from 'zod'
import { RESERVED_ANNOTATION_START } from '#model'
import { HANDLER_NAMES } from '../parts.ts'
import { externalExporters } from './external-exporters.ts'
import { absolutePath, duration, port, portOrNone, SEVERITIES } from './kinds.ts'

const address = z.union([z.ipv4(), z.ipv6()]).meta({ what: 'an IP address', sample: '127.0.0.1' })

const urlPath = z
  .string()
  .max(256)
  .regex(/^\/[A-Za-z0-9._~/-]*$/)
  .meta({ what: 'a path of a URL', sample: '/health' })

/** A label-like name, as the API server takes any text here and people have to type it. */
const conditionTypeOnNode = z
  .string()
  .max(63)
  .regex(/^(?:[A-Za-z](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)?$/)
  .meta({ what: 'a condition type, or ""', sample: 'NodeDoctorDiskFull' })

/** What a monitor may call a condition. */
const conditionType = z
  .string()
  .max(63)
  .regex(/^[A-Za-z](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/)
  .meta({ what: 'a condition type', sample: 'DiskFull' })

/** What a node is made for, and fails without. A type that no check here has costs nothing. */
const ALWAYS = [
  'DiskFull',
  'FilesystemReadOnly',
  'MemoryLow',
  'KubeletUnhealthy',
  'ContainerRuntimeUnhealthy',
  'NodeDNSDown',
  'APIServerUnreachable',
  'GPUHealthy',
]

/** As the API server takes one (ValidateAnnotations: a qualified name, case does not matter); a wrong one would have it refuse the whole patch. */
const annotationKey = z
  .string()
  .max(317)
  .regex(
    new RegExp(
      `^(?!${RESERVED_ANNOTATION_START})(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*\\/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$`,
    ),
  )
  .meta({
    what: 'the key of an annotation outside of kubernetes.io, k8s.io and node-doctor.io',
    sample: 'example.org/team',
  })

const kubernetes = z.strictObject({
  enabled: z.boolean().default(false).describe('Writes node conditions and events'),
  updateInterval: duration({ min: '1s', max: '1h' })
    .prefault('10s')
    .describe(
      'Least time between two writes of the node, but for what has become worse, and between two counts of an event',
    ),
  resyncInterval: duration({ min: '10s', max: '24h' })
    .prefault('60s')
    .describe('How often the node is compared and put right'),
  heartbeatInterval: duration({ min: '1s', max: '24h' })
    .prefault('5m')
    .describe('How often a condition that did not change is confirmed'),
  apiserver: z
    .string()
    .max(2048)
    .default('')
    .describe(
      'The API server as node-problem-detector’s `--apiserver-override` names it: `scheme://host:port?inClusterConfig=false&auth=FILE&insecure=true&useServiceAccount=true`; goes before `settings.kubeconfig`',
    )
    .meta({ defaultText: 'the pod’s own, or `settings.kubeconfig`' }),
  qps: z
    .number()
    .min(0.1)
    .max(100_000)
    .default(5)
    .describe('Requests to the API server in a second over a longer time'),
  burst: z.int().min(1).max(100_000).default(15).describe('Requests to it at once; the last fifth is for conditions'),
  scope: z
    .enum(['all', 'npd'])
    .default('all')
    .describe(
      'What is told to the cluster: all, or as node-problem-detector only what its files say, and `NPDConfigInvalid` while one of them is bad: no summary, no annotations, their events alone',
    ),
  conditionPrefix: z
    .string()
    .max(32)
    .regex(/^(?:[A-Za-z][A-Za-z0-9]*)?$/)
    .meta({ what: 'letters and digits, or ""', sample: 'NodeDoctor' })
    .default('')
    .describe('Stands before every condition type on the node that `conditionTypes` does not name'),
  conditionTypes: z
    .record(z.string(), conditionTypeOnNode)
    .default({})
    .describe('What a condition type is called on the node; an empty text keeps it away from the node'),
  conditions: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Writes conditions of the node; without it the node is only read'),
      always: z
        .array(conditionType)
        .max(32)
        .default(ALWAYS)
        .describe(
          'Types that stand on the node whether well or not. Every other stands there while it is not well and for an hour after; 64 in all',
        ),
      never: z
        .array(conditionType)
        .max(256)
        .default([])
        .describe('Types that never stand on the node; they are shown everywhere else'),
    })
    .prefault({})
    .describe('Which conditions stand on the node'),
  discovered: z
    .strictObject({
      prefix: z
        .string()
        .max(32)
        .regex(/^[A-Za-z][A-Za-z0-9]*$/)
        .meta({ what: 'letters and digits', sample: 'Plugin' })
        .default('Plugin')
        .describe('Stands on the node before a type of a plug-in that no configuration names'),
      types: z
        .array(conditionType)
        .max(256)
        .default([])
        .describe('Types that such a plug-in may write under their own name'),
    })
    .prefault({})
    .describe('Condition types of plug-ins that joined by their socket alone'),
  installation: z
    .string()
    .max(128)
    .regex(/^(?:[A-Za-z0-9](?:[A-Za-z0-9./_-]*[A-Za-z0-9])?)?$/)
    .meta({ what: 'a name such as namespace/name', sample: 'node-doctor/node-doctor' })
    .default('')
    .describe('Marks what this installation wrote, for its own clean-up')
    .meta({ defaultText: 'namespace/name of the DaemonSet, by `POD_NAMESPACE` and `POD_NAME`; else `standalone`' }),
  annotations: z.boolean().default(true).describe('Writes a summary into annotations of the node'),
  nodeAnnotations: z
    .record(annotationKey, z.string().max(4096))
    .default({})
    .describe(
      'Annotations of your own that the node is to have, 32 and 16 KiB in all at most; taken off once they no longer stand here. One that another writer holds stays as it is. Not written with `scope: npd`, nor where no conditions are; there too those of before are taken off, where the node’s `node-doctor.io/installation` tells that they are ours',
    ),
  events: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Writes events of the node'),
      namespace: z
        .string()
        .max(63)
        .regex(/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)?$/)
        .meta({ what: 'a namespace, or ""', sample: 'kube-system' })
        .default('')
        .describe('Namespace of the events, and of the node that they name; empty: `default`, and none of the node'),
      correlation: z
        .enum(['own', 'npd'])
        .default('own')
        .describe(
          'What counts as a repeat: `own`, by the three keys below; `npd`, as client-go counts for node-problem-detector: the same words for ever, and from the tenth different text of a reason within ten minutes on one event for all of them, each occurrence counted',
        ),
      minSeverity: z.enum(SEVERITIES).default('info').describe('Least severity that is written'),
      maxEventsPerMinute: z
        .int()
        .min(1)
        .max(600)
        .default(10)
        .describe(
          'Events of one source in a minute; repeats of one count as one. What is above is counted and told in sum',
        ),
      burst: z.int().min(1).max(1000).default(25).describe('Events of one source at once'),
      deduplicationWindow: duration({ min: '10s', max: '55m' })
        .prefault('10m')
        .describe('A repeat within this time of the last one raises the count of its event'),
    })
    .prefault({})
    .describe('Events of the node in the cluster'),
})

const http = z.strictObject({
  enabled: z.boolean().default(true).describe('Serves the page and its API'),
  bindAddress: address
    .default('127.0.0.1')
    .describe('Address it listens at; 0.0.0.0 for all of them. There is no login'),
  hostPort: port.default(8080).describe('Port it listens at'),
  hosts: z
    .array(
      z
        .string()
        .max(253)
        .regex(/^(?:\*|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)$/)
        .meta({ what: 'a host name, or "*"', sample: 'nodes.example.org' }),
    )
    .max(64)
    .default([])
    .describe(
      'Names that a request may call it by, beside addresses, localhost, the node’s name and names of Services; "*" takes all',
    ),
  tlsEnabled: z.boolean().default(false).describe('Serves HTTPS only'),
  tlsCertFile: absolutePath('/etc/node-doctor/tls/tls.crt').optional().describe('Certificate and chain, PEM'),
  tlsKeyFile: absolutePath('/etc/node-doctor/tls/tls.key').optional().describe('Private key, PEM'),
  endpoints: z
    .array(
      z.strictObject({
        path: urlPath.describe('Where it is served'),
        handler: z.enum(HANDLER_NAMES).describe('What is served'),
        description: z.string().max(500).optional().describe('A word for people, without effect'),
      }),
    )
    .max(64)
    .default([])
    .describe('What is served at which path. A handler that is not named stays at its own path')
    .meta({ unique: 'path' }),
  history: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Keeps what the page’s time line shows'),
      maxBytes: z
        .int()
        .min(1_048_576)
        .max(1_073_741_824)
        .default(33_554_432)
        .describe('Size that it keeps to, in bytes'),
      retention: duration({ min: '1h', max: '90d' }).prefault('7d').describe('How far back it reaches'),
    })
    .prefault({})
    .describe('The page’s memory'),
})

/** As Prometheus has them; `__…` is its own, and histograms and summaries are told apart by the other two. */
const labelName = z
  .string()
  .regex(/^(?!__|le$|quantile$)[a-zA-Z_][a-zA-Z0-9_]{0,63}$/)
  .meta({ what: 'the name of a label (letters, digits, "_")', sample: 'cluster' })

const prometheus = z.strictObject({
  enabled: z.boolean().default(true).describe('Serves metrics at a port of their own'),
  bindAddress: address
    .optional()
    .describe('Address it listens at')
    .meta({ defaultText: '`exporters.http.bindAddress`' }),
  port: port.default(9100).describe('Port it listens at'),
  path: urlPath.default('/metrics').describe('Where the metrics are'),
  namespace: z
    .string()
    .regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/)
    .meta({ what: 'a prefix of metric names (letters, digits, "_")', sample: 'node_doctor' })
    .default('node_doctor')
    .describe('Prefix of every metric’s name'),
  labels: z
    .record(labelName, z.string().max(256))
    .default({})
    .describe('Labels of every metric, beside its own; one that a metric has itself stays as it is'),
})

/** As node-problem-detector takes one: whoever listens finds the address of a name. */
const addressOrName = z
  .union([z.ipv4(), z.ipv6(), z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/)])
  .meta({ what: 'an IP address or the name of one', sample: '127.0.0.1' })

const npd = z.strictObject({
  enabled: z.boolean().default(false).describe('Serves the ports of node-problem-detector, for whoever asks those'),
  address: addressOrName.default('127.0.0.1').describe('Address of the first: `/healthz` and `/conditions`'),
  port: portOrNone.default(20_256).describe('Its port; 0: none'),
  prometheusAddress: addressOrName.default('127.0.0.1').describe('Address of the second: `/metrics`'),
  prometheusPort: portOrNone.default(20_257).describe('Its port; 0: none'),
})

/** `exporters`: how the node’s state is shown. */
export const exporters = z.strictObject({
  kubernetes: kubernetes.prefault({}).describe('Node conditions and events in the cluster'),
  http: http.prefault({}).describe('The page, its API, probes'),
  prometheus: prometheus.prefault({}).describe('Metrics'),
  npd: npd.prefault({}).describe('What node-problem-detector serves: its files’ conditions and metrics, by its names'),
  external: externalExporters.describe('Exporters of others, each at its socket'),
})
