/**
 * The one table of services. The bus makes accounts and permissions of it, the configuration what is reserved and what is
 * missing, `node-doctor up` the processes of a set; tests hold every manifest against it. Whoever builds a service adds a
 * row: docs/extending.md.
 */
import type { BusPart, ServiceTable } from './types.ts'

/** What an exporter reads: all that there is. */
const EVERYTHING = {
  role: 'reader',
  streams: ['EVENTS', 'EVENTS_INFO', 'PROBLEMS', 'REMEDIATIONS'],
  buckets: ['node_conditions', 'problems', 'monitors'],
  writes: [],
  tellsMetricsTo: [],
} as const satisfies BusPart

/** Every service of a node, built or planned. */
export const SERVICES = {
  detector: {
    kind: 'core',
    serves: 'nodedoctor.v1.Detector',
    bus: { role: 'owner' },
    switches: [],
    stopOrder: 2,
    needs: [],
    runFolders: ['bus'],
    stateFolders: ['detector'],
    standing: { built: true, uid: 65_101 },
  },
  system: {
    kind: 'monitor',
    serves: 'nodedoctor.v1.Monitor',
    bus: { role: 'none' },
    switches: [],
    stopOrder: 1,
    needs: ['host'],
    runFolders: [],
    stateFolders: ['monitors/system'],
    standing: { built: true, uid: 65_102 },
  },
  network: {
    kind: 'monitor',
    serves: 'nodedoctor.v1.Monitor',
    bus: { role: 'none' },
    switches: [],
    stopOrder: 1,
    needs: ['host'],
    runFolders: [],
    stateFolders: ['monitors/network'],
    standing: { built: true, uid: 65_105 },
  },
  kubernetes: {
    kind: 'monitor',
    serves: 'nodedoctor.v1.Monitor',
    bus: { role: 'none' },
    switches: [],
    stopOrder: 1,
    needs: ['host', 'own-token'],
    runFolders: [],
    stateFolders: ['monitors/kubernetes'],
    // Nobody: a dbus-daemon answers no user that the host's /etc/passwd lacks, and units are asked there.
    standing: { built: true, uid: 65_534 },
  },
  log: {
    kind: 'monitor',
    serves: 'nodedoctor.v1.Monitor',
    bus: { role: 'none' },
    switches: [],
    stopOrder: 1,
    needs: ['logs'],
    runFolders: [],
    stateFolders: ['monitors/log'],
    // Journals, and what syslog writes, are root's on most nodes.
    standing: { built: true, uid: 0 },
  },
  'custom-plugin': {
    kind: 'monitor',
    serves: 'nodedoctor.v1.Monitor',
    bus: { role: 'none' },
    switches: [],
    stopOrder: 1,
    needs: [],
    runFolders: [],
    stateFolders: ['monitors/custom-plugin'],
    standing: { built: true, uid: 65_107 },
  },
  gpu: {
    kind: 'monitor',
    serves: 'nodedoctor.v1.Monitor',
    bus: { role: 'none' },
    switches: [],
    stopOrder: 1,
    needs: [],
    isOptional: true,
    runFolders: [],
    stateFolders: ['monitors/gpu'],
    // The kernel's log is asked by syslog(2), for which a container's process has to be root with SYSLOG.
    standing: { built: true, uid: 0, plainUid: 65_111 },
  },
  'http-exporter': {
    kind: 'exporter',
    serves: 'nodedoctor.v1.Exporter',
    bus: EVERYTHING,
    switches: ['exporters.http.enabled', 'exporters.prometheus.enabled', 'exporters.npd.enabled'],
    stopOrder: 1,
    needs: [],
    runFolders: [],
    stateFolders: ['history'],
    standing: { built: true, uid: 65_103 },
  },
  'k8s-exporter': {
    kind: 'exporter',
    serves: 'nodedoctor.v1.Exporter',
    bus: { ...EVERYTHING, tellsMetricsTo: ['http-exporter'] },
    switches: ['exporters.kubernetes.enabled'],
    stopOrder: 1,
    needs: ['api-server'],
    runFolders: ['locks'],
    stateFolders: ['k8s-exporter'],
    standing: { built: true, uid: 65_104 },
  },
  'external-exporter': {
    kind: 'exporter',
    serves: 'nodedoctor.v1.Exporter',
    bus: {
      role: 'reader',
      streams: ['EVENTS', 'EVENTS_INFO', 'PROBLEMS'],
      durableForEach: 'exporters.external',
      buckets: ['node_conditions', 'problems', 'monitors'],
      writes: [],
      tellsMetricsTo: ['http-exporter'],
    },
    switches: ['exporters.external'],
    stopOrder: 1,
    needs: [],
    isOptional: true,
    runFolders: [],
    stateFolders: ['external-exporter'],
    standing: { built: true, uid: 65_109 },
  },
  remediator: {
    kind: 'core',
    serves: 'nodedoctor.v1.Remediator',
    bus: {
      role: 'reader',
      // It acts on what is, and on nothing that was said.
      streams: [],
      buckets: ['node_conditions', 'problems', 'monitors'],
      hearsSamples: false,
      writes: ['REMEDIATIONS'],
      tellsMetricsTo: ['http-exporter'],
    },
    switches: ['remediation.enabled'],
    stopOrder: 1,
    needs: ['api-server'],
    isOptional: true,
    pod: 'remediation',
    runFolders: ['remediator-lock'],
    stateFolders: ['remediator'],
    standing: { built: true, uid: 65_112 },
  },
  'host-actions': {
    kind: 'core',
    serves: 'nodedoctor.v1.ActionRunner',
    bus: { role: 'none' },
    switches: ['remediation.enabled'],
    stopOrder: 1,
    needs: ['host'],
    isOptional: true,
    pod: 'remediation',
    isFolderOfHost: true,
    runFolders: [],
    stateFolders: [],
    // What it does only root may.
    standing: { built: true, uid: 0 },
  },
} as const satisfies ServiceTable

/** A service that has a row. */
export type ServiceName = keyof typeof SERVICES

/**
 * Names that no service and no plug-in may have: of what several share, of programs whose cost the detector tells, and of
 * parts that are no service of a node.
 */
export const RESERVED_NAMES = ['shared', 'bus', 'nats-server', 'up', 'cli', 'config-webhook', 'hub', 'echo'] as const
