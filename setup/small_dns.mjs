// A DNS server for the traffic of pictures, as a program of Python: every name is 127.0.0.1.

export const dnsServer = (address) => `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('${address}', 53))
while True:
    q, peer = s.recvfrom(512)
    end = q.index(0, 12) + 5
    s.sendto(q[:2] + b'\\x81\\x80' + q[4:6] + q[4:6] + bytes(4) + q[12:end] + b'\\xc0\\x0c' + b'\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4\\x7f\\0\\0\\1', peer)`;
