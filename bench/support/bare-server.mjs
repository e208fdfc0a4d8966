import { createServer } from 'node:http';

// What Node itself costs: a server that reads bodies and throws them away.
const server = createServer((request, response) => {
  request.on('data', () => {});
  request.on('end', () => response.writeHead(200, { 'content-length': 0 }).end());
});
server.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${server.address().port}` }));
process.once('message', () => {
  server.closeAllConnections();
  server.close(() => process.disconnect());
});
