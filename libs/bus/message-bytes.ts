/** Largest message the bus takes. A condition at its longest is below 64 KiB, a problem below 16. */
export const MAX_PAYLOAD_BYTES = 256 * 1024
/** Room in a message for what stands beside the value: its subject and its headers. */
export const HEAD_BYTES = 1024
/** What is left for the value. */
export const MESSAGE_BYTES = MAX_PAYLOAD_BYTES - HEAD_BYTES
