import { expect, it } from 'vitest'
import { MERGE } from '../api.ts'
import { EVENTS, expectRefusal, freshName, makeNode, NODES, type Use } from './use.ts'

const NAME_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

export function defineStrictnessCases(use: Use): void {
  it('warns of fields that it does not know, and does the rest', async () => {
    const { metadata } = await makeNode(use)
    const conditions = [{ type: 'A', status: 'True', bogus: 1 }]
    const { status, warnings } = await use().patch(`${NODES}/${metadata.name}/status`, {
      status: { conditions, nope: 2 },
    })
    expect(status).toBe(200)
    expect(warnings).toEqual(['unknown field "status.conditions[0].bogus"', 'unknown field "status.nope"'])
    const made = await use().post(NODES, { metadata: { name: freshName('unknown') }, bogus: 1 })
    expect(made.status).toBe(201)
    expect(made.warnings).toEqual(['unknown field "bogus"'])
  })

  it('says nothing of them when it is told to ignore them', async () => {
    const { metadata } = await makeNode(use)
    const { status, warnings } = await use().patch(`${NODES}/${metadata.name}?fieldValidation=Ignore`, { nope: 1 })
    expect({ status, warnings }).toEqual({ status: 200, warnings: [] })
  })

  it('refuses them when it is told to be strict', async () => {
    const { metadata } = await makeNode(use)
    const path = `${NODES}/${metadata.name}/status?fieldValidation=Strict`
    const why =
      'Invalid value: "map[status:map[conditions:[map[bogus:1 type:A]]]]": strict decoding error: unknown field "status.conditions[0].bogus"'
    expectRefusal(await use().patch(path, { status: { conditions: [{ type: 'A', bogus: 1 }] } }), {
      code: 422,
      reason: 'Invalid',
      message: ` "" is invalid: patch: ${why}`,
      causes: [{ reason: 'FieldValueInvalid', message: why, field: 'patch' }],
    })
    expectRefusal(await use().patch(path, { zz: 1 }, MERGE), {
      code: 422,
      reason: 'Invalid',
      message: /strict decoding error: unknown field "zz"$/,
    })
    const body = { metadata: { name: freshName('strict') }, bogus: 1, spec: { q: 5 } }
    expectRefusal(await use().post(`${NODES}?fieldValidation=Strict`, body), {
      code: 400,
      reason: 'BadRequest',
      message:
        'Node in version "v1" cannot be handled as a Node: strict decoding error: unknown field "bogus", unknown field "spec.q"',
    })
  })

  it('refuses a key that stands twice when it is told to be strict', async () => {
    const { metadata } = await makeNode(use)
    const text = '{"metadata":{"labels":{"q":"1"},"labels":{"q":"2"}}}'
    expectRefusal(await use().patch(`${NODES}/${metadata.name}?fieldValidation=Strict`, text), {
      code: 422,
      reason: 'Invalid',
      message: /strict decoding error: duplicate field "metadata.labels"$/,
    })
    const { warnings } = await use().patch(`${NODES}/${metadata.name}`, text)
    expect(warnings).toEqual(['duplicate field "metadata.labels"'])
  })

  it('does not look into conditions: one without a status is taken, and an empty type', async () => {
    const { metadata } = await makeNode(use)
    const { body } = await use().patch(`${NODES}/${metadata.name}/status`, { status: { conditions: [{ type: '' }] } })
    expect(body.status.conditions[0]).toEqual({
      type: '',
      status: '',
      lastHeartbeatTime: null,
      lastTransitionTime: null,
    })
  })

  it('refuses values of the wrong type, in patches', async () => {
    const { metadata } = await makeNode(use)
    const wrong = [
      [{ conditions: 'x' }, 'cannot restore slice from string'],
      [{ conditions: [{ type: 'A', status: 5 }] }, 'cannot convert int64 to v1.ConditionStatus'],
      [
        { conditions: [{ type: 'A', lastHeartbeatTime: 'yesterday' }] },
        'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
      ],
      [
        { capacity: { cpu: 'xx' } },
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
      ],
    ] as const
    for (const [status, why] of wrong) {
      const answer = await use().patch(`${NODES}/${metadata.name}/status`, { status })
      expectRefusal(answer, { code: 422, reason: 'Invalid', message: /^ "" is invalid: patch: Invalid value: "map/ })
      expect(answer.body.message.endsWith(`: ${why}`)).toBe(true)
    }
  })

  it('refuses values of the wrong type, in objects', async () => {
    const wrong = [
      [
        { spec: { podCIDR: 5 } },
        'json: cannot unmarshal number into Go struct field NodeSpec.spec.podCIDR of type string',
      ],
      [
        { metadata: { name: 5 } },
        'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string',
      ],
    ] as const
    for (const [body, why] of wrong)
      expectRefusal(await use().post(NODES, body), {
        code: 400,
        reason: 'BadRequest',
        message: `Node in version "v1" cannot be handled as a Node: ${why}`,
      })
  })

  it('takes no other kind and no other version', async () => {
    const name = freshName('kind')
    const wrong = [
      [
        'Pod',
        'v1',
        'Pod in version "v1" cannot be handled as a Node: converting (v1.Pod) to (core.Node): unknown conversion',
      ],
      [
        'Node',
        'v9',
        'Node in version "v9" cannot be handled as a Node: no kind "Node" is registered for version "v9" in scheme "pkg/runtime/scheme.go:111"',
      ],
    ] as const
    for (const [kind, apiVersion, message] of wrong)
      expectRefusal(await use().post(NODES, { kind, apiVersion, metadata: { name } }), {
        code: 400,
        reason: 'BadRequest',
        message,
      })
  })

  it('takes no body that is none', async () => {
    const start =
      "the object provided is unrecognized (must be of type Node): couldn't get version/kind; json parse error:"
    const wrong = [
      ['', 'unexpected end of JSON input (<empty>)'],
      ['{bad', "invalid character 'b' looking for beginning of object key string ({bad)"],
    ] as const
    for (const [body, why] of wrong)
      expectRefusal(await use().ask('POST', NODES, { body }), {
        code: 400,
        reason: 'BadRequest',
        message: `${start} ${why}`,
      })
    expectRefusal(await use().ask('POST', NODES, { body: '{}', type: 'text/plain' }), {
      code: 415,
      reason: 'UnsupportedMediaType',
      message:
        'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    })
  })

  it('takes no body over 3 MiB', async () => {
    const annotations = { x: 'x'.repeat(3_200_000) }
    expectRefusal(await use().post(NODES, { metadata: { name: freshName('big'), annotations } }), {
      code: 413,
      reason: 'RequestEntityTooLarge',
      message: 'Request entity too large: limit is 3145728',
    })
  })

  it('takes annotations up to 256 KiB', async () => {
    const { metadata } = await makeNode(use)
    const path = `${NODES}/${metadata.name}/status`
    const sized = (bytes: number) => ({ metadata: { annotations: { big: 'x'.repeat(bytes - 3) } } })
    expect((await use().patch(path, sized(262_144))).status).toBe(200)
    expectRefusal(await use().patch(path, sized(262_145)), {
      code: 422,
      reason: 'Invalid',
      message: `Node "${metadata.name}" is invalid: metadata.annotations: Too long: may not be more than 262144 bytes`,
      causes: [{ reason: 'FieldValueTooLong', field: 'metadata.annotations' }],
    })
  })

  it('takes names of nodes that are DNS subdomains of 253 characters at most', async () => {
    const invalid = (name: string, why: string) => ({
      code: 422,
      reason: 'Invalid',
      message: `Node "${name}" is invalid: metadata.name: Invalid value: "${name}": ${why}`,
      causes: [{ reason: 'FieldValueInvalid', field: 'metadata.name' }],
    })
    const long = 'a'.repeat(254)
    expectRefusal(await use().post(NODES, { metadata: { name: 'A_b' } }), invalid('A_b', NAME_TEXT))
    expectRefusal(
      await use().post(NODES, { metadata: { name: long } }),
      invalid(long, 'must be no more than 253 characters'),
    )
    expectRefusal(await use().post(NODES, { metadata: {} }), {
      code: 422,
      reason: 'Invalid',
      message: 'Node "" is invalid: metadata.name: Required value: name or generateName is required',
    })
    const fits = `${freshName('a')}${'a'.repeat(253)}`.slice(0, 253)
    expect((await use().post(NODES, { metadata: { name: fits } })).status).toBe(201)
  })

  it('takes labels and annotations with keys of the right form, also on status', async () => {
    const { metadata } = await makeNode(use)
    const why =
      "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
    for (const kind of ['labels', 'annotations'])
      expectRefusal(await use().patch(`${NODES}/${metadata.name}/status`, { metadata: { [kind]: { 'a b': '1' } } }), {
        code: 422,
        reason: 'Invalid',
        message: `Node "${metadata.name}" is invalid: metadata.${kind}: Invalid value: "a b": ${why}`,
      })
  })

  it('refuses addresses that stand twice, taints with no effect that it knows, and less than nothing', async () => {
    const { metadata } = await makeNode(use)
    const path = `${NODES}/${metadata.name}`
    const address = { type: 'InternalIP', address: '192.0.2.1' }
    const invalid = (why: string) => ({
      code: 422,
      reason: 'Invalid',
      message: `Node "${metadata.name}" is invalid: ${why}`,
    })
    expectRefusal(
      await use().patch(`${path}/status`, { status: { addresses: [address, address] } }, MERGE),
      invalid('status.addresses[1]: Duplicate value: {"Type":"InternalIP","Address":"192.0.2.1"}'),
    )
    expectRefusal(
      await use().patch(path, { spec: { taints: [{ key: 'x', effect: 'Never' }] } }),
      invalid(
        'metadata.taints[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
      ),
    )
    expectRefusal(
      await use().patch(`${path}/status`, { status: { capacity: { cpu: '-1' }, allocatable: { cpu: '1' } } }),
      invalid('status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0'),
    )
  })

  it('refuses options that it does not know', async () => {
    const { metadata } = await makeNode(use)
    const path = `${NODES}/${metadata.name}`
    const wrong = [
      [
        'fieldValidation=Maybe',
        'fieldValidation: Unsupported value: "Maybe": supported values: "", "Ignore", "Strict", "Warn"',
      ],
      ['dryRun=Some', 'dryRun: Unsupported value: ["Some"]: supported values: "All"'],
    ] as const
    for (const [query, why] of wrong)
      expectRefusal(await use().patch(`${path}?${query}`, {}), {
        code: 422,
        reason: 'Invalid',
        message: `PatchOptions.meta.k8s.io "" is invalid: ${why}`,
      })
  })

  it('has no route for what it does not serve, and no method for what is only read', async () => {
    const missing = { code: 404, reason: 'NotFound', message: 'the server could not find the requested resource' }
    expectRefusal(await use().get('/api/v1/nopes'), missing)
    expectRefusal(await use().get(`${NODES}/x/nope`), missing)
    expect((await use().get('/nope')).body).toBe('404 page not found\n')
    expect((await use().get('/apis/nope.test/v1/x')).status).toBe(404)
    const refused = {
      code: 405,
      reason: 'MethodNotAllowed',
      message: 'the server does not allow this method on the requested resource',
    }
    expectRefusal(await use().post(`${NODES}/x`, {}), refused)
    expectRefusal(await use().put(NODES, {}), refused)
    expectRefusal(await use().put(EVENTS, {}), refused)
    expectRefusal(await use().post('/api/v1/events', {}), refused)
  })

  it('answers in no form that it does not have', async () => {
    const { metadata } = await makeNode(use)
    expectRefusal(await use().ask('GET', `${NODES}/${metadata.name}`, { accept: 'text/html' }), {
      code: 406,
      reason: 'NotAcceptable',
      message: /^406: Not Acceptable\n\nAvailable representations: application\/json/,
    })
  })
}
