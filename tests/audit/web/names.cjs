// Loaded into a program for Node that knows names and the usual ports only: leads it to where they are served here.
// PLACES is {"andon.example.org:443": 12345}; whatever else is asked for is refused, so nothing goes out.
const net = require("node:net");
const connect = net.Socket.prototype.connect;
const places = JSON.parse(process.env.PLACES);

net.Socket.prototype.connect = function (...given) {
  // Node's own callers hand over an array that is normalised already: its options come first.
  const options = Array.isArray(given[0]) ? given[0][0] : given[0];
  const port = places[`${options.host}:${options.port}`];
  if (port === undefined) {
    throw new Error(`${options.host}:${options.port} is not served here`);
  }
  options.host = "127.0.0.1";
  options.port = port;
  return connect.apply(this, given);
};
