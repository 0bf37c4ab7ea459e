/** What the server has: one row a resource, with what the real one's strategy for it does. */
import type { JsonObject } from './json.ts'
import type { Cause } from './status.ts'
import { defaultDaemonSet, validateDaemonSet } from './validate/daemonset.ts'
import { defaultEndpointSlice, validateEndpointSlice, validateEndpointSliceUpdate } from './validate/endpoint-slice.ts'
import { validateEvent } from './validate/event.ts'
import { validateLease } from './validate/lease.ts'
import { validateMeta, validateMetaUpdate } from './validate/meta.ts'
import { labelFaults } from './validate/names.ts'
import { defaultNode, validateNode, validateNodeUpdate } from './validate/node.ts'
import { defaultPod, validatePod, validatePodUpdate } from './validate/pod.ts'

export interface Resource {
  readonly group: string
  readonly version: 'v1'
  readonly plural: string
  readonly kind: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly isNamespaced: boolean
  /** Its name in schema.json. */
  readonly definition: string
  readonly verbs: readonly string[]
  readonly hasStatus: boolean
  /** Whether PUT makes what is not there. */
  readonly createsOnUpdate: boolean
  /** Whether PUT without resourceVersion overwrites. */
  readonly updatesUnconditionally: boolean
  /** Fields besides metadata.name and metadata.namespace that a fieldSelector may name. */
  readonly selectable: readonly string[]
  /** What a change of makes another generation. Default nothing: it has none. */
  readonly generationOf: 'spec' | 'content' | undefined
  /** Deleted objects stay for this long when they are assigned to a node; pods alone. */
  readonly isGraceful: boolean
  /** Fills in what the real server fills in. */
  applyDefaults(object: JsonObject): void
  validate(object: JsonObject): Cause[]
  validateUpdate(object: JsonObject, old: JsonObject): Cause[]
}

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

function defineResource(of: Pick<Resource, 'plural' | 'kind' | 'definition'> & Partial<Resource>): Resource {
  const validate = of.validate ?? (() => [])
  return {
    group: '',
    version: 'v1',
    singular: of.kind.toLowerCase(),
    shortNames: [],
    isNamespaced: true,
    verbs: VERBS,
    hasStatus: false,
    createsOnUpdate: false,
    updatesUnconditionally: true,
    selectable: [],
    isGraceful: false,
    generationOf: undefined,
    applyDefaults: () => undefined,
    validateUpdate: (object, old) => [...validateMetaUpdate(object, old), ...validate(object)],
    ...of,
    validate: of.plural === 'events' ? validate : (object) => [...validateMeta(object), ...validate(object)],
  }
}

export const RESOURCES: readonly Resource[] = [
  {
    ...defineResource({
      plural: 'nodes',
      kind: 'Node',
      definition: 'core.v1.Node',
      shortNames: ['no'],
      isNamespaced: false,
      hasStatus: true,
      selectable: ['spec.unschedulable'],
      applyDefaults: defaultNode,
      validateUpdate: validateNodeUpdate,
    }),
    validate: validateNode,
  },
  defineResource({
    plural: 'events',
    kind: 'Event',
    definition: 'core.v1.Event',
    shortNames: ['ev'],
    createsOnUpdate: true,
    selectable: [
      'involvedObject.kind',
      'involvedObject.namespace',
      'involvedObject.name',
      'involvedObject.uid',
      'involvedObject.apiVersion',
      'involvedObject.resourceVersion',
      'involvedObject.fieldPath',
      'reason',
      'reportingComponent',
      'source',
      'type',
    ],
    validate: validateEvent,
    validateUpdate: validateEvent,
  }),
  defineResource({
    plural: 'pods',
    kind: 'Pod',
    definition: 'core.v1.Pod',
    shortNames: ['po'],
    hasStatus: true,
    isGraceful: true,
    generationOf: 'spec',
    selectable: [
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'spec.hostNetwork',
      'status.phase',
      'status.podIP',
      'status.nominatedNodeName',
    ],
    applyDefaults: defaultPod,
    validate: validatePod,
    validateUpdate: (pod, old) => [...validateMetaUpdate(pod, old), ...validatePodUpdate(pod, old)],
  }),
  {
    ...defineResource({
      plural: 'namespaces',
      kind: 'Namespace',
      definition: 'core.v1.Namespace',
      shortNames: ['ns'],
      isNamespaced: false,
      verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
      hasStatus: true,
      selectable: ['status.phase'],
    }),
    validate: (namespace) => validateMeta(namespace, labelFaults),
  },
  defineResource({
    plural: 'serviceaccounts',
    kind: 'ServiceAccount',
    definition: 'core.v1.ServiceAccount',
    shortNames: ['sa'],
  }),
  defineResource({
    group: 'coordination.k8s.io',
    plural: 'leases',
    kind: 'Lease',
    definition: 'coordination.v1.Lease',
    createsOnUpdate: true,
    updatesUnconditionally: false,
    validate: validateLease,
  }),
  defineResource({
    group: 'apps',
    plural: 'daemonsets',
    kind: 'DaemonSet',
    definition: 'apps.v1.DaemonSet',
    shortNames: ['ds'],
    hasStatus: true,
    generationOf: 'spec',
    applyDefaults: defaultDaemonSet,
    validate: validateDaemonSet,
  }),
  defineResource({
    group: 'discovery.k8s.io',
    plural: 'endpointslices',
    kind: 'EndpointSlice',
    definition: 'discovery.v1.EndpointSlice',
    generationOf: 'content',
    applyDefaults: defaultEndpointSlice,
    validate: validateEndpointSlice,
    validateUpdate: (slice, old) => [...validateMetaUpdate(slice, old), ...validateEndpointSliceUpdate(slice, old)],
  }),
  {
    ...defineResource({
      group: 'authentication.k8s.io',
      plural: 'selfsubjectreviews',
      kind: 'SelfSubjectReview',
      definition: 'authentication.v1.SelfSubjectReview',
      isNamespaced: false,
      verbs: ['create'],
    }),
    // It is no object that is kept: without a name, and whatever it says of its author is not read.
    validate: () => [],
  },
]

export function findResource(group: string, version: string, plural: string): Resource | undefined {
  return RESOURCES.find((one) => one.group === group && one.version === version && one.plural === plural)
}

/** "v1", "apps/v1" */
export function apiVersionOf({ group, version }: Pick<Resource, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`
}
