"""What other estates have taught."""
import numpy as np
CANDIDATES = np.load('/tmp/prior.npy')
TYPICAL = np.array([.1,.08,.07,.07,.07,.08,.09,.11])
QUANTILES=np.zeros((8,15))
