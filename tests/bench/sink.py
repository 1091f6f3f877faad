# SPDX-License-Identifier: ISC
"""A UDP socket that nobody reads: takes test packets off the machine cheaply and without ICMP. Usage: sink.py PORT"""
import signal
import socket
import sys

sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
sink.bind(("0.0.0.0", int(sys.argv[1])))
signal.pause()
