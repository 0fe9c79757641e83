"""What one pass may ask of a language model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Budget:
    """Most requests (tries included) and most tokens of a pass, and what is spent of them."""

    most_requests: int = 100
    most_tokens: int = 500_000
    requests: int = 0
    tokens: int = 0

    def take(self, tokens: int) -> bool:
        """Whether a request of about so many tokens is within it; counts the request."""
        if self.requests >= self.most_requests or self.tokens + tokens > self.most_tokens:
            return False
        self.requests += 1
        self.tokens += tokens
        return True

    def settle(self, asked: int, used: int | None) -> None:
        """Put what the server counted in the place of the guess."""
        if used is not None:
            self.tokens += used - asked

    def begin(self) -> None:
        """Start anew, for another pass."""
        self.requests = self.tokens = 0
