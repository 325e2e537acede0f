// Prints the flows of IPFIX files (weir --to file:///path/flows.ipfix, nfdump, YAF ...) as JSON lines, with weir-probe/ipfix.
//
//   node dist/examples/read_ipfix.js FILE...
import { MessageReader, readIpfixFile, WeirError } from 'weir-probe/ipfix';

const files = process.argv.slice(2);
if (files.length === 0) {
  process.stderr.write('usage: read_ipfix FILE...\n');
  process.exitCode = 2;
}
for (const file of files) {
  const reader = new MessageReader();
  try {
    for await (const { '@type': type, domain, fields } of readIpfixFile(file, reader)) {
      if (type === 'flow') process.stdout.write(`${JSON.stringify({ domain, ...fields })}\n`);
    }
  } catch (error) {
    if (!(error instanceof WeirError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
  const { flowRecords, optionsRecords, unknownTemplates, lost } = reader.counters;
  process.stderr.write(
    `${file}: ${flowRecords} flows, ${optionsRecords} options records, ` +
      `${unknownTemplates} sets without a template, ${lost} records missing by sequence number\n`,
  );
}
