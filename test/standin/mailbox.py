"""mailbox: a real mail server (aiosmtpd) that can misbehave; run by the system's own python3.

    usage: /usr/bin/python3 mailbox.py tls|starttls|plain CERT KEY USER PASSWORD

Prints a line of JSON with its port, then takes orders from stdin, a line of JSON each, and answers with one:
{"faults": ["greylist", …]}   what goes wrong with the next letters, one each, in turn
{"letters": true}             what was taken: for each letter, in the order of taking, envelope and bytes
A letter that was taken and then not acknowledged counts: the effect is there.
"""
import asyncio
import base64
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Box:
    def __init__(self):
        self.faults, self.letters, self.sessions = [], [], 0

    def fault(self, *names):
        """The next fault, when it is one of these."""
        if self.faults and self.faults[0] in names:
            return self.faults.pop(0)
        return ""

    async def handle_RCPT(self, server, session, envelope, address, options):
        said = {"refuse": "550 5.1.1 no such person here", "greylist": "451 4.7.1 greylisted, come back"}
        fault = self.fault(*said)
        if fault:
            return said[fault]
        if self.fault("hang_before"):
            await asyncio.sleep(3600)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    def take(self, session, envelope):
        self.letters.append({"from": envelope.mail_from, "to": envelope.rcpt_tos,
            "tls": bool(session.ssl) or self.tls, "user": getattr(session, "login", ""),
            "bytes": base64.b64encode(envelope.original_content).decode()})

    async def handle_DATA(self, server, session, envelope):
        said = {"refuse_letter": "554 5.6.0 looks like spam", "full": "452 4.2.2 mailbox full",
                "echo": f"554 5.6.0 you said {session.said}"}
        fault = self.fault(*said)
        if fault:
            return said[fault]
        if self.fault("drop_before"):
            server.transport.abort()
            return "250 never said"
        if self.fault("delay"):
            await asyncio.sleep(4)
        self.take(session, envelope)
        if self.fault("drop_after"):
            server.transport.abort()
        return f"250 2.0.0 taken as {len(self.letters)}"


class Server(SMTP):
    async def smtp_DATA(self, arg):
        """Hangs up in the middle of a letter: the final dot is never seen."""
        if not self.event_handler.fault("drop_middle"):
            await super().smtp_DATA(arg)
            return
        await self.push("354 go on")
        await self._reader.read(10)
        self.transport.abort()


async def main(how, cert, key, user, password):
    box = Box()
    box.tls = how == "tls"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)

    def login(server, session, envelope, mechanism, data):
        fine = (data.login, data.password) == (user.encode(), password.encode())
        session.said = data.password.decode()
        session.login = data.login.decode() if fine else ""
        return AuthResult(success=fine, handled=fine)

    def new():
        return Server(box, hostname="mail.test", authenticator=login if user else None, auth_required=bool(user),
            auth_require_tls=how == "starttls", tls_context=context if how == "starttls" else None,
            require_starttls=how == "starttls", loop=loop)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(new, "127.0.0.1", 0, ssl=context if how == "tls" else None)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            return
        order = json.loads(line)
        box.faults += order.get("faults", [])
        print(json.dumps({"letters": box.letters} if order.get("letters") else {"left": box.faults}), flush=True)


asyncio.run(main(*sys.argv[1:]))
