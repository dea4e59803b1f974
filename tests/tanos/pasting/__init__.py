"""Tests of the paste intake."""
