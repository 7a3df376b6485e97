/** Of the library's wire format, what we use; it comes without types. */
declare module 'node-zookeeper-client/lib/jute/index.js' {
  /** One for each record of the protocol, its fields as properties: `long` is a Buffer of 8 bytes. */
  interface JuteRecord {
    serialize(buffer: Buffer, offset: number): number;
    byteLength(): number;
    /** Returns how many bytes it read. */
    deserialize(buffer: Buffer, offset: number): number;
    readonly [field: string]: unknown;
  }

  type JuteRecordClass = new (...fields: unknown[]) => JuteRecord;

  const jute: {
    readonly PROTOCOL_VERSION: number;
    readonly OP_CODES: Readonly<Record<string, number>>;
    readonly protocol: Readonly<Record<string, JuteRecordClass>>;
    readonly data: Readonly<Record<string, JuteRecordClass>>;
    readonly Request: new (header: object | null, payload: object | null) => { toBuffer(): Buffer };
  };
  export default jute;
}
