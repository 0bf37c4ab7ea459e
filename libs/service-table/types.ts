/** What a row of the table says. A column that a row leaves out is a compile error, but for those that name a default. */

/** Streams of the bus: what they hold stands in libs/bus/layout.ts. */
export type StreamName = 'EVENTS' | 'EVENTS_INFO' | 'PROBLEMS' | 'REMEDIATIONS'

/** Buckets of the bus that a service may be let read. */
export type BucketName = 'node_conditions' | 'problems' | 'monitors'

/** Lists of the configuration whose entries are readers of the bus by themselves. */
export type LaneList = 'exporters.external'

/** What a service is on the bus. Its account and its user are called as the service is. */
export type BusPart =
  /** Holds the store, says everything that is said of the node. There is one. */
  | { readonly role: 'owner' }
  | {
      readonly role: 'reader'
      /** Streams that it consumes in order, each by a durable of its own. */
      readonly streams: readonly StreamName[]
      /**
       * List of the configuration whose entries each have a durable of their own of each of these streams, so that one that is slow
       * holds up only itself. No room is kept for them: what falls out of a stream before one of them took it is told to it as
       * missed, and nobody else is short of room. Default: none, the service has one of each, called as itself.
       */
      readonly durableForEach?: LaneList
      /** Buckets that it reads and hears. Every reader also hears heartbeats, and whose the store is. */
      readonly buckets: readonly BucketName[]
      /** It hears what services and monitors measure. Default true. */
      readonly hearsSamples?: false
      /** Streams that it writes itself. */
      readonly writes: readonly StreamName[]
      /** Readers to which it tells what it counts, on the subject `nd.metric.<service>`. */
      readonly tellsMetricsTo: readonly string[]
    }
  /** No account: it never speaks to the bus. */
  | { readonly role: 'none' }

/** What of the machine and the cluster a service cannot do without. */
export type Need =
  /** The host's root, read-only, at /host in a container. */
  | 'host'
  /** The host's logs, read-only, where the host has them: /var/log and /run/log; or what has the host's root. */
  | 'logs'
  /** The API server: the token of the pod's account. */
  | 'api-server'
  /** The token of an account of its own, where it shares its process with nobody; without it says less. */
  | 'own-token'

/** Whether a service is part of this version. */
export type Standing =
  | {
      readonly built: true
      /**
       * The user that it runs as in containers. Each has another one, so that none writes what another one owns; 0 is root, of
       * whom others can write nothing, for the one that reads what is root's alone, and 65534 nobody, for the one that asks who
       * answers only users that the host knows.
       */
      readonly uid: number
      /** The user that it runs as where it is to have less than that: of one that is root elsewhere. Default: it always has `uid`. */
      readonly plainUid?: number
    }
  | {
      readonly built: false
      /** How a configuration that asks for it is told so: the missing part ("the remediator"), and what follows. */
      readonly what: string
      readonly reason: string
    }

/** What others need to know of a service. */
export interface ServiceRow {
  /**
   * A monitor's socket is below `monitors/`, as a plug-in's is. In the compact layout all exporters are one process, and all
   * monitors another; each of `core` is one by itself in every layout.
   */
  readonly kind: 'core' | 'monitor' | 'exporter'
  /** The gRPC service of its socket, beside health and reflection: "nodedoctor.v1.Exporter". */
  readonly serves: string
  readonly bus: BusPart
  /**
   * Booleans of the configuration in force, by dotted key ("exporters.http.enabled"), any of which switches it on, and lists
   * ("exporters.external") that do so with what is in them. Without one it always runs, but for a monitor, which runs while one of its checks is configured.
   */
  readonly switches: readonly string[]
  /** When `node-doctor up` stops it: lowest first. The owner of the bus goes last, since it ends the bus. */
  readonly stopOrder: 1 | 2
  readonly needs: readonly Need[]
  /**
   * It is deployed only where somebody asks for it (a component of kustomize, a value of the chart), and is a process of its own in
   * every layout. Default false.
   */
  readonly isOptional?: true
  /**
   * The pod of its own that it is part of, with others that say the same: `node-doctor-<pod>` is its DaemonSet and its account, and of
   * compose `deploy/compose/<pod>.yaml` has its containers. Default: the pod of the agent.
   */
  readonly pod?: string
  /** The folder of its socket is the machine's own also where it is a container: what it starts there writes in it. Default false. */
  readonly isFolderOfHost?: true
  /** Folders of its own below the run directory of the host, beside that of its socket: gone after a reboot, not with the pod. */
  readonly runFolders: readonly string[]
  /**
   * Folders of its own below the state directory: what survives a reboot. Of a monitor `monitors/<name>`, in which each of its
   * checks has one.
   */
  readonly stateFolders: readonly string[]
  readonly standing: Standing
}

/** Rows by the service's name: also that of its folder, its bundle, its container, its account on the bus. */
export type ServiceTable = Readonly<Record<string, ServiceRow>>
