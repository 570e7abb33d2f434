// Answers over HTTP how long a time is: what npm installs runs on the image's Node.js, which has no npm.
//
// `main.js --self-test` starts the server on a free port, asks it, and stops.
import { createServer } from "node:http";
import { once } from "node:events";
import process from "node:process";

import ms from "ms";

const server = createServer((request, response) => {
  const text = new URL(request.url, "http://localhost").searchParams.get("time") ?? "";
  const milliseconds = text ? ms(text) : undefined;
  response.writeHead(milliseconds === undefined ? 400 : 200, { "content-type": "application/json" });
  response.end(JSON.stringify({ time: text, milliseconds }));
});

const test = process.argv.includes("--self-test");
server.listen(test ? 0 : Number(process.env.PORT ?? 8080), test ? "127.0.0.1" : undefined);
await once(server, "listening");
console.log(`user ${process.getuid()} serves on port ${test ? "of its own" : server.address().port}`);
process.on("SIGTERM", () => server.close());

if (test) {
  for (const time of ["2 days", "soon"]) {
    const url = new URL(`http://127.0.0.1:${server.address().port}`);
    url.searchParams.set("time", time);
    const response = await fetch(url);
    console.log(response.status, await response.text());
  }
  server.closeAllConnections();
  server.close();
}
