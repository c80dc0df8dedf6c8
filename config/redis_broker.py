"""kombu's Redis, whose worker finds out that Redis went away while it worked.

A worker with as many messages as it may have looks for no more until it has said that one is done. kombu
takes a message whose acknowledgement could not be sent for unfinished: the worker then never looks again, not
even at its connection, and hangs for good. Here it looks, finds the connection closed, and opens another.
"""

from typing import Any

from kombu.transport import redis, virtual


class QoS(redis.QoS):
    def ack(self, delivery_tag: str) -> None:
        """What Redis still holds as unfinished, it gives out again: our tasks may run twice."""
        try:
            super().ack(delivery_tag)
        finally:
            virtual.QoS.ack(self, delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        try:
            super().reject(delivery_tag, requeue)
        finally:
            virtual.QoS.ack(self, delivery_tag)


class Channel(redis.Channel):
    QoS: Any = QoS


class Transport(redis.Transport):
    Channel = Channel
